import { measureDictionary, nextTokenKl, nextTokenLoss, SparseDictionary } from "@hookdict/latent";
import { gather, grad, scalar, sum, type Tensor, tensor1d, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { failure } from "../../support/failure.ts";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { threeFeatures } from "./toy.ts";

const test = suite("SparseDictionary");

/** The features of rows, by another activation, each with its own weights. */
function featuresOf(
  activation: string,
  k: number | undefined,
  own: Record<string, number[]>,
  x: number[][],
): number[] {
  using dictionary = new SparseDictionary(
    { activation, dIn: 3, dSae: 3, ...(k !== undefined && { k }) },
    {
      wEnc: tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]),
      wDec: tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]),
      bDec: tensor1d([0, 0, 0]),
      ...Object.fromEntries(Object.entries(own).map(([name, values]) => [name, tensor1d(values)])),
    },
  );
  const given = tensor2d(x);
  const values = take(dictionary.encode(given));
  given.dispose();
  return values;
}

const bEnc = [0, 0, 0];

test("each activation leaves the features that it should", () => {
  const rows = [
    [3, -1, 2],
    [1, 5, 4],
  ];
  assert.equal(featuresOf("relu", undefined, { bEnc }, rows), [3, 0, 2, 1, 5, 4]);
  assert.equal(featuresOf("jumpRelu", undefined, { bEnc, threshold: [2, 0, 2] }, rows), [3, 0, 0, 0, 5, 4]);
  assert.equal(featuresOf("topK", 1, { bEnc }, rows), [3, 0, 0, 0, 5, 0]);
  assert.equal(featuresOf("topK", 3, { bEnc }, rows), [3, 0, 2, 1, 5, 4]);
  assert.equal(featuresOf("batchTopK", 1.5, { bEnc }, rows), [3, 0, 0, 0, 5, 4]);
  const gate = { bGate: [-2, 0, 0], bMag: [10, 0, -3], rMag: [0, 0, 0] };
  assert.equal(featuresOf("gated", undefined, gate, rows), [13, 0, 0, 0, 5, 1]);
});

test("how features that are there grow with the input, and what they write for each unit, are told for each kind", () => {
  const bMag = [0.2, 0.1, 0.3];
  for (const [activation, own] of [
    ["relu", { bEnc: [0.1, 0.2, 0.3] }],
    ["jumpRelu", { bEnc: [0.1, 0.2, 0.3], threshold: [0.1, 0.1, 0.1] }],
    ["topK", { bEnc: [0.1, 0.2, 0.3] }],
    ["gated", { bGate: [1, 1, 1], bMag, rMag: [0.5, -0.5, 1] }],
  ] as const) {
    using dictionary = new SparseDictionary(
      {
        activation,
        dIn: 2,
        dSae: 3,
        rescalesByDecoderNorm: activation !== "gated",
        centresInput: true,
        ...(activation === "topK" && { k: 3 }),
      },
      {
        wEnc: tensor2d([1, 2, 3, 4, 5, 6], [2, 3]),
        wDec: tensor2d([3, 4, 0, 2, 1, 0], [3, 2]),
        bDec: tensor1d([0.1, 0.2]),
        ...Object.fromEntries(Object.entries(own).map(([name, values]) => [name, tensor1d([...values])])),
      },
    );
    const x = tensor2d([[1, 2]]);
    const [reading, writing] = [dictionary.reading([2, 0]), dictionary.writing([2, 0])];
    const gradient = (feature: number): number[] =>
      take(grad((value: Tensor) => sum(gather(dictionary.encode(value), [feature], 1)))(x));
    const near = (a: readonly number[], b: readonly number[]): void =>
      a.forEach((value, at) =>
        assert.ok(Math.abs(value - (b[at] ?? NaN)) < 1e-4, `${activation}: ${a.join()} for ${b.join()}`),
      );
    near([...gradient(2), ...gradient(0)], [...reading.dataSync()]);
    near([...writing.dataSync()], activation === "gated" ? [1, 0, 3, 4] : [1, 0, 0.6, 0.8]);
    for (const one of [x, reading, writing]) one.dispose();
  }
  using normed = threeFeatures({ normalization: "layerNorm" });
  assert.is(failure(() => normed.reading([0]))[0], "DICTIONARY_INPUT");
  assert.is(failure(() => normed.writing([0]))[0], "DICTIONARY_INPUT");
});

test("gradients go to the features that are there", () => {
  for (const [activation, more, wanted] of [
    ["jumpRelu", { threshold: tensor1d([2, 2, 2]) }, [1, 0, 0]],
    ["topK", {}, [1, 0, 0]],
  ] as const) {
    using dictionary = new SparseDictionary(
      { activation, dIn: 3, dSae: 3, ...(activation === "topK" && { k: 1 }) },
      {
        wEnc: tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]),
        wDec: tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]),
        bDec: tensor1d([0, 0, 0]),
        bEnc: tensor1d([0, 0, 0]),
        ...more,
      },
    );
    const x = tensor2d([[3, -1, 2]]);
    assert.equal(take(grad((value: Tensor) => sum(dictionary.encode(value)))(x)), [...wanted], activation);
    x.dispose();
  }
});

test("rows with heads apart are read as one", () => {
  using dictionary = threeFeatures({ joinsHeads: true });
  const x = tensor3d([[[3], [4]]]);
  const out = dictionary.reconstruct(x);
  assert.equal(out.shape, [1, 2, 1]);
  assert.equal(take(out), [3, 4]);
  x.dispose();
});

test("values and features of another width are refused", () => {
  using dictionary = threeFeatures();
  const x = tensor2d([[1, 2, 3]]);
  const y = tensor2d([[1, 2]]);
  assert.equal(
    failure(() => dictionary.encode(x)),
    [
      "DICTIONARY_WIDTH",
      "A sparse dictionary that reads [..., 2] was given of shape [1, 3]. Use it at the site that it was trained on.",
    ],
  );
  assert.equal(
    failure(() => dictionary.decode(y)),
    [
      "DICTIONARY_WIDTH",
      "A sparse dictionary that has features [..., 3] was given of shape [1, 2]. Use it at the site that it was trained on.",
    ],
  );
  assert.equal(
    failure(() => dictionary.encode("x" as never)),
    [
      "DICTIONARY_WIDTH",
      "A sparse dictionary that reads [..., 2] was given string. Use it at the site that it was trained on.",
    ],
  );
  x.dispose();
  y.dispose();
  assert.equal(
    failure(() => dictionary.encode(y)),
    [
      "DICTIONARY_WIDTH",
      "A sparse dictionary that reads [..., 2] was given disposed float32 of shape [1, 2]. Use it at the site that it was trained on.",
    ],
  );
  assert.is(failure(() => dictionary.decode(x))[0], "DICTIONARY_WIDTH");
});

test("features alone do not decode where the input counts, and a disposed dictionary does nothing", () => {
  const dictionary = threeFeatures({ normalization: "layerNorm" });
  const features = tensor2d([[1, 2, 3]]);
  assert.equal(
    failure(() => dictionary.decode(features)),
    [
      "DICTIONARY_INPUT",
      "Features alone do not tell the reconstruction: the dictionary normalizes rows. Give the input that they were encoded from: decode(features, x).",
    ],
  );
  dictionary.dispose();
  dictionary.dispose();
  assert.equal(
    failure(() => dictionary.encode(features)),
    [
      "DICTIONARY_DISPOSED",
      "preactivations was called on a sparse dictionary that is disposed. Keep it until the last context that uses it has ended.",
    ],
  );
  features.dispose();
});

test("configurations that do not hold are refused, and the weights stay the caller's", () => {
  for (const [config, message] of [
    [
      { activation: "softmax" },
      'The option activation of SparseDictionary is "softmax". Give one of relu, jumpRelu, topK, batchTopK, gated.',
    ],
    [{ activation: "topK" }, "The option k of SparseDictionary is missing. Give a number from 1 to 3."],
    [{ k: 2 }, "The option k of SparseDictionary is 2. Give k for a top-k activation only."],
    [{ dSae: 0 }, "The option dSae of SparseDictionary is 0. Give a whole number from 1 to 16777216."],
    [
      { dOut: 3, centresInput: true },
      "The option centresInput of SparseDictionary is true. Give false: bDec has 3 values, and the input 2.",
    ],
  ] as const) {
    const weights = {
      wEnc: tensor2d([[1]]),
      wDec: tensor2d([[1]]),
      bEnc: tensor1d([0]),
      bDec: tensor1d([0]),
    };
    const whole = { activation: "relu", dIn: 2, dSae: 3, ...config };
    assert.is(thrown(() => new SparseDictionary(whole, weights)).message, message);
    for (const weight of Object.values(weights)) weight.dispose();
  }
});

test("targets must belong to the values", async () => {
  using dictionary = threeFeatures();
  const [x, y] = [tensor2d([[1, 2]]), tensor2d([[1, 2, 3]])];
  assert.is(
    (await rejected(measureDictionary(dictionary, x, y))).message,
    "measureDictionary got target of shape [1, 3] in place of [1, 2]. Give values that fit together.",
  );
  x.dispose();
  y.dispose();
});

test("losses and divergences of next tokens are given logits", () => {
  const [one, two, tokens] = [scalar(1), tensor3d([[[0, 1]]]), tensor2d([[1]], undefined, "int32")];
  assert.equal(
    failure(() => nextTokenLoss(one, tokens)),
    ["LOGITS_INVALID", "nextTokenLoss got float32 [] as logits. Give float32 [batch, pos, dVocab]."],
  );
  assert.match(
    thrown(() => nextTokenLoss(two, tokens)).message,
    "Give at least two positions: one that another follows.",
  );
  assert.match(thrown(() => nextTokenKl(two, one)).message, "nextTokenKl got");
  for (const each of [one, two, tokens]) each.dispose();
});

test.run();
