import {
  complexity,
  deletionInsertion,
  infidelity,
  localLipschitz,
  sensitivityMax,
  tdhookSensitivity,
} from "@hookdict/attribution";
import { hookFunction } from "@hookdict/core";
import { onesLike, sum, tensor2d, tensor3d, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("metrics at their edges");

const total = hookFunction((x: Tensor) => sum(x, 1));
const numbers = (tensor: Tensor): number[] =>
  Array.from(tensor.dataSync(), (each) => Number(each.toFixed(6)));

test("areas are over the share of features, where the last step is a short one", () => {
  tidy(() => {
    const x = tensor2d([[1, 2, 3]]);
    // Two thirds of the features go at once: 6, then 1, then 0.
    const found = deletionInsertion(total, x, x, { featuresPerStep: 2 });
    assert.equal(numbers(found.deletion), [6, 1, 0]);
    assert.equal(numbers(found.deletionAuc), [2.5]); // 7 / 2 * 2 / 3 + 1 / 2 / 3
    assert.equal(numbers(found.insertionAuc), [3.5]);
    const whole = deletionInsertion(total, x, x, { featuresPerStep: 5 });
    assert.equal(numbers(whole.deletionAuc), [3]);
    const each = deletionInsertion(total, x, x);
    assert.equal(
      numbers(each.deletionAuc),
      [(4.5 + 2 + 0.5) / 3].map((value) => Number(value.toFixed(6))),
    );
  });
});

test("an attribution of zeros has numbers, too", () => {
  tidy(() => {
    const x = tensor2d([[1, 2]]);
    const none = zerosLike(x);
    const noise = tensor3d([[[1, 0]]]);
    const { gini, entropy, effective } = complexity(none);
    assert.equal([gini, entropy, effective].flatMap(numbers), [0, 0, 0]);
    // Nothing is expected of a step of 1, which changes the output by 1, whatever it is scaled by.
    assert.equal(numbers(infidelity(total, x, none, { noise, normalize: true })), [1]);
    /** Nothing where all is 2, and 1 elsewhere. */
    const nearby = (at: Tensor): Tensor =>
      at.dataSync().every((each) => each === 2) ? zerosLike(at) : onesLike(at);
    const twos = tensor2d([[2, 2]]);
    assert.equal(numbers(sensitivityMax(nearby, twos, { noise, norm: "l1" })), [2]);
    assert.equal(numbers(tdhookSensitivity(nearby, twos, { noise })), [1]);
    assert.equal(numbers(localLipschitz(nearby, twos, { noise: zerosLike(noise) })), [0]);
  });
});

test.run();
