import { METHODS } from "@hookdict/attribution";
import type { Hookable } from "@hookdict/core";
import { isTensor, type UsageError } from "@hookdict/tensordict";
import { add, grad, mul, randomUniform, sum, tensor4d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { EVERY_METHOD } from "./every-method.ts";
import { Everything } from "./every-model.ts";

// The gradient of what each method gives, against differences of it; or the error that says that there is none.

const test = suite("gradients of every method's attributions");

/** Methods that read numbers out of tensors. */
const WITHOUT = [
  "FeatureAblation",
  "Occlusion",
  "FeaturePermutation",
  "ShapleyValues",
  "KernelShap",
  "Lime",
  "AttentionFlow",
];

/** Half of a difference: curvature counts little, and rounding in float32 neither. */
const STEP = 2e-3;

for (const { name } of METHODS)
  test(WITHOUT.includes(name) ? `${name} says that it has none` : `those of ${name}`, async () => {
    const net = new Everything() as Everything & Hookable<readonly Tensor[], Tensor>;
    const x = randomUniform([2, 3, 3, 1], 0.2, 1, "float32", 7);
    const along = randomUniform([2, 3, 3, 1], -1, 1, "float32", 9);
    const baselines = randomUniform([2, 3, 3, 1], 0, 0.3, "float32", 8);
    const featureMask = tensor4d([0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 3, 3, 1], "int32");
    const make = EVERY_METHOD[name] as (typeof EVERY_METHOD)[string]; // the table has every method
    const hooked = make({ baselines, featureMask }).prepare(net);
    /** The sum of squares of all attributions. */
    const total = (y: Tensor): Tensor => {
      using result = hooked.attribute([y], { target: [1, 0] });
      const values = [...result.keys({ nested: true, leavesOnly: true })]
        .filter((key) => String(key).startsWith("attr"))
        .map((key) => result.get(key))
        .filter(isTensor);
      assert.is(values.length, 1);
      return sum(mul(values[0] as Tensor, values[0] as Tensor));
    };
    const slope = (): number => tidy(() => sum(mul(grad(total)(x), along)).dataSync()[0] ?? NaN);
    const at = (step: number): number => tidy(() => total(add(x, mul(along, step))).dataSync()[0] ?? NaN);
    if (WITHOUT.includes(name)) {
      const error = thrown(slope) as UsageError;
      assert.is(error.code, "ATTRIBUTION_NOT_DIFFERENTIABLE");
      assert.is(error.fields["method"], name);
      await Promise.resolve(); // what TensorFlow.js had kept for its gradient goes
    } else {
      const difference = (at(STEP) - at(-STEP)) / (2 * STEP);
      assert.ok(Math.abs(difference) > 1e-4, "the attributions change");
      const far = Math.abs(slope() - difference);
      assert.ok(far < 0.01 * Math.abs(difference) + 1e-3, `${slope()} for ${difference}`);
    }
    hooked.dispose();
    for (const each of [net, x, along, baselines, featureMask]) each.dispose();
  });

test.run();
