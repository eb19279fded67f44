import {
  AttentionFlow,
  type AttributionMethod,
  attributeAll,
  DeepLift,
  epsilonEverywhere,
  FeatureAblation,
  FeaturePermutation,
  InputXGradient,
  IntegratedGradients,
  KernelShap,
  LayerwiseRelevancePropagation,
  Lime,
  NoiseTunnel,
  Occlusion,
  Saliency,
  ShapleyValues,
} from "@hookdict/attribution";
import { compose } from "@hookdict/contexts";
import { type Hookable, hookFunction } from "@hookdict/core";
import {
  add,
  avgPool,
  elu,
  exp,
  getGradient,
  grad,
  localResponseNormalization,
  maxPool,
  mul,
  pow,
  reshape,
  sigmoid,
  slice,
  softmax,
  square,
  stack,
  sum,
  tanh,
  type Tensor,
  tensor1d,
  tensor2d,
  type Tensor4D,
  tensor4d,
  tidy,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { TinyNet } from "./models.ts";

const test = suite("gradients of attributions");

type Model = Hookable<readonly Tensor[], Tensor>;

/** `Σ x³` of each example. */
const cubes = hookFunction((x: Tensor) => sum(pow(x, 3), 1), { sites: {} }) as unknown as Model;

/** The gradient of the sum of all attributions. */
function gradientOf(method: AttributionMethod, model: Model, x: Tensor, target?: number): number[] {
  using hooked = method.prepare(model);
  const gradient = tidy(() =>
    grad((y: Tensor) => {
      using result = hooked.attribute([y], target === undefined ? {} : { target });
      return sum(result.get<Tensor>(["attr", "input"]));
    })(x),
  );
  const values = [...gradient.dataSync()];
  gradient.dispose();
  return values;
}

/** Close in float32. */
function assertNear(found: readonly number[], wanted: readonly number[]): void {
  assert.is(found.length, wanted.length);
  for (const [i, each] of found.entries())
    assert.ok(Math.abs(each - (wanted[i] ?? NaN)) < 1e-3, `${i}: ${each}`);
}

test("attributions of cubes have the gradients that they have on paper", () => {
  const x = tensor2d([[1, 2]]);
  assertNear(gradientOf(new Saliency({ absolute: false }), cubes, x), [6 * 1, 6 * 2]); // of 3x²
  assertNear(gradientOf(new InputXGradient(), cubes, x), [9 * 1, 9 * 4]); // of 3x³
  assertNear(gradientOf(new IntegratedGradients({ steps: 4 }), cubes, x), [3 * 1, 3 * 4]); // of x³
  const noisy = new NoiseTunnel(new Saliency({ absolute: false }), { stdev: 0 });
  assertNear(gradientOf(noisy, cubes, x), [6 * 1, 6 * 2]);
  x.dispose();
});

test("so do those of several methods and targets at once", () => {
  const x = tensor2d([[1, 2]]);
  const square_ = (output: Tensor): Tensor => square(output);
  const same = (output: Tensor): Tensor => mul(output, 1);
  using hooked = compose(new Saliency({ absolute: false }), new InputXGradient()).prepare(cubes);
  const gradient = tidy(() =>
    grad((y: Tensor) => {
      const results = attributeAll(hooked, [y], { targets: [same, square_], internalBatchSize: 1 });
      const total = results
        .map((each) => sum(each.get<Tensor>(["attr", "input"])))
        .reduce((a, b) => add(a, b));
      for (const each of results) each.dispose();
      return total;
    })(x),
  );
  // With s = Σ x³: the gradient of Σ (1 + x) 3x² (1 + 2s).
  const s = 1 + 8;
  const inner = [1, 2].reduce((all, each) => all + (1 + each) * 3 * each ** 2, 0);
  const wanted = [1, 2].map((each) => (6 * each + 9 * each ** 2) * (1 + 2 * s) + inner * 2 * 3 * each ** 2);
  assertNear([...gradient.dataSync()], wanted);
  gradient.dispose();
  x.dispose();
});

test("relevance and DeepLIFT have gradients, too: of shares that sum to the output", () => {
  const net = new TinyNet();
  const x = tensor2d([[1, 2]]);
  const model = net as unknown as Model;
  const slope = gradientOf(new DeepLift(), model, x, 1);
  const output = tidy(() => [
    ...grad((y: Tensor) => sum(slice((net as never as { call(z: Tensor): Tensor }).call(y), [0, 1], [1, 1])))(
      x,
    ).dataSync(),
  ]);
  assertNear(slope, output); // complete, so that the sum of all is the output less that of the baseline
  const method = new LayerwiseRelevancePropagation({
    composite: epsilonEverywhere({ bias: false }),
    start: "one",
  });
  assertNear(gradientOf(method, model, x, 1), [0, 0]); // the shares of 1 sum to 1 wherever x is
  x.dispose();
  net.dispose();
});

test("poolings of windows apart have second derivatives", () => {
  const x = tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
  const perExample = (y: Tensor): Tensor => reshape(sum(pow(y, 3), [1, 2, 3]), [-1]);
  const largest = hookFunction((y: Tensor) => perExample(maxPool(y as Tensor4D, 2, 2, "valid")), {
    sites: {},
  });
  const average = hookFunction((y: Tensor) => perExample(avgPool(y as Tensor4D, 2, 2, "valid")), {
    sites: {},
  });
  const method = new Saliency({ absolute: false });
  assertNear(gradientOf(method, largest, x), [0, 0, 0, 6 * 4]);
  // Each of four attributions is 3m²/4 of the mean m = 2.5.
  assertNear(
    gradientOf(method, average, x),
    [1, 1, 1, 1].map(() => (4 * ((6 * 2.5) / 4)) / 4),
  );
  x.dispose();
});

test("a method that reads numbers out of tensors says that it has no gradient", () => {
  const x = tensor2d([[1, 2]]);
  for (const method of [
    new FeatureAblation(),
    new Occlusion({ window: [1] }),
    new FeaturePermutation(),
    new ShapleyValues(),
    new KernelShap(),
    new Lime(),
    new NoiseTunnel(new Lime()),
  ]) {
    const error = thrown(() => gradientOf(method, cubes, x)) as Error & { code: string };
    assert.is(error.code, "ATTRIBUTION_NOT_DIFFERENTIABLE");
    assert.match(
      error.message,
      " works with numbers read from tensors, so its attributions have no gradient.",
    );
  }
  assert.not(new AttentionFlow().isDifferentiable);
  const error = thrown(() => gradientOf(new Lime(), cubes, x));
  assert.is(
    error.message,
    "Lime works with numbers read from tensors, so its attributions have no gradient. Take a method of gradients or relevance inside tf.grad, or attribute outside of it.",
  );
  x.dispose();
});

/** Second derivatives of operations whose gradients TensorFlow.js makes of outputs, as functions of the input. */
const SECOND: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]>> = {
  exp: [(x) => exp(x), (x) => Math.exp(x)],
  tanh: [(x) => tanh(x), (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2)],
  sigmoid: [(x) => sigmoid(x), (x) => slopeOf(x) * (1 - 2 / (1 + Math.exp(-x)))],
  elu: [(x) => elu(x), (x) => (x > 0 ? 0 : Math.exp(x))],
  swish: [(x) => mul(x, sigmoid(x)), (x) => slopeOf(x) * (2 + x * (1 - 2 / (1 + Math.exp(-x))))],
  softmax: [
    (x) => mul(softmax(stack([x, zerosLike(x)], -1)), tensor1d([1, 0])),
    (x) => slopeOf(x) * (1 - 2 / (1 + Math.exp(-x))),
  ],
};

/** The derivative of the sigmoid. */
function slopeOf(x: number): number {
  const y = 1 / (1 + Math.exp(-x));
  return y * (1 - y);
}

for (const [name, [fn, second]] of Object.entries(SECOND))
  test(`${name} has its second derivative, and gradients are afterwards what they were`, () => {
    const points = [-0.7, 0.4];
    const x = tensor2d([points]);
    const before = ["Exp", "Tanh", "Sigmoid", "Elu", "Softmax"].map((kernel) => getGradient(kernel));
    const model = hookFunction((y: Tensor) => reshape(sum(fn(y)), [1]), { sites: {} }) as unknown as Model;
    assertNear(gradientOf(new Saliency({ absolute: false }), model, x), points.map(second));
    assert.equal(
      ["Exp", "Tanh", "Sigmoid", "Elu", "Softmax"].map((kernel) => getGradient(kernel)),
      before,
    );
    x.dispose();
  });

test("an operation without a second derivative is named", async () => {
  const x = tensor4d([1, 2], [1, 1, 1, 2]);
  const model = hookFunction((y: Tensor) => reshape(sum(localResponseNormalization(y as Tensor4D)), [1]), {
    sites: {},
  });
  const error = thrown(() => gradientOf(new Saliency({ absolute: false }), model, x)) as Error & {
    code: string;
  };
  assert.is(error.code, "SECOND_DERIVATIVE_MISSING");
  assert.is(
    error.message,
    "The attributions have no gradient: TensorFlow.js has no derivative of LRNGrad. Build the model of other operations, or register a gradient for this one with tf.registerGradient.",
  );
  x.dispose();
  await Promise.resolve(); // what TensorFlow.js had kept for its gradient goes
});

test.run();
