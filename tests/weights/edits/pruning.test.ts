import { TensorDict } from "@hookdict/tensordict";
import { Pruning, type PruningOptions, scoreWeights } from "@hookdict/weights";
import { mean, ones, square, sum, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Made, Net } from "../models.ts";

const test = suite("Pruning");

const made = new Made();
test.after.each(() => made.clear());

/** The kernels of a pruned net, by rows. */
function pruned(pattern: string, options: PruningOptions): number[][][] {
  using model = new Net();
  using hooked = new Pruning(pattern, options).prepare(model);
  return hooked.context.masks.keys().map((path) => {
    const kernel = path.startsWith("fc1") ? model.fc1.kernel : model.fc2.kernel;
    const values = kernel.arraySync() as number[][];
    const mask = hooked.context.masks.get<Tensor>([path]).arraySync() as number[][];
    values.forEach((row, i) => row.forEach((value, j) => assert.is(value !== 0, mask[i]?.[j] === 1)));
    return values;
  });
}

const fc1 = [
  [1, -2, 3, 4],
  [-5, 6, 7, -8],
  [9, 10, -11, 12],
];

test("the smallest of all weights go, of equal ones the first", () => {
  assert.equal(pruned("**.kernel", { count: 4 }), [
    [[0, 0, 3, 4], fc1[1], fc1[2]],
    [[0, 0], [-3, 4], [5, -6], [7, 8]],
  ]); // prettier-ignore
  assert.equal(pruned("**.kernel", { count: 5 })[0]?.[0], [0, 0, 0, 4]);
  assert.equal(pruned("**.kernel", { amount: 0 })[0], fc1);
  assert.equal(pruned("fc1.kernel", { amount: 1 }), [[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]]); // prettier-ignore
});

test("a share is rounded to the nearest number, halves to the even one", () => {
  const zeros = (amount: number): number => pruned("fc1.kernel", { amount }).flat(2).filter((value) => value === 0).length; // prettier-ignore
  assert.equal([1.5, 2.5, 2.6, 3.5].map((count) => zeros(count / 12)), [2, 2, 3, 4]); // prettier-ignore
});

test("in each weight, in each unit, in units whole and in groups", () => {
  assert.equal(pruned("**.kernel", { count: 1, among: "each" }), [
    [[0, -2, 3, 4], fc1[1], fc1[2]],
    [[0, 2], [-3, 4], [5, -6], [7, 8]],
  ]); // prettier-ignore
  assert.equal(pruned("fc1.kernel", { amount: 0.67, among: "unit" })[0], [[0, 0, 0, 0], [0, 0, 0, 0], fc1[2]]); // prettier-ignore
  assert.equal(pruned("fc1.kernel", { amount: 0.6, among: "unit" })[0], [[0, 0, 0, 0], fc1[1], fc1[2]]); // prettier-ignore
  assert.equal(pruned("fc1.kernel", { count: 1, units: { axis: 0 } })[0], [[0, 0, 0, 0], fc1[1], fc1[2]]); // prettier-ignore
  assert.equal(pruned("fc1.kernel", { count: 2, units: { axis: -1, norm: Infinity } })[0], [[0, 0, 3, 4], [0, 0, 7, -8], [0, 0, -11, 12]]); // prettier-ignore
  assert.equal(pruned("**.kernel", { count: 3, units: { axis: 1, norm: 2 } }), [
    [[0, -2, 3, 4], [0, 6, 7, -8], [0, 10, -11, 12]],
    [[0, 0], [0, 0], [0, 0], [0, 0]],
  ]); // prettier-ignore
  assert.equal(pruned("fc1.kernel", { group: { keep: 1, of: 2, axis: 1 } })[0], [[0, -2, 0, 4], [0, 6, 0, -8], [0, 10, 0, 12]]); // prettier-ignore
});

test("scores may be given, or a function", () => {
  using importance = new TensorDict({ "fc1.kernel": tensor2d([9, 9, 9, 0, 9, 9, 9, 0, 9, 9, 9, 0], [3, 4]) });
  const last = [[1, -2, 3, 0], [-5, 6, 7, 0], [9, 10, -11, 0]]; // prettier-ignore
  assert.equal(pruned("fc1.kernel", { count: 3, importance })[0], last);
  assert.equal(pruned("fc1.kernel", { count: 1, importance: (weight) => weight })[0]?.[2], [9, 10, 0, 12]);
});

test("importances are magnitudes, gradients, their product, and what inputs make of weights", () => {
  using model = new Net();
  const x = made.of([1, 0, 2, 0, 0, 1], [2, 3]);
  const loss = (): Tensor => sum(model.call(x));
  const scored = (scores: TensorDict): unknown => {
    using all = scores;
    return all.get<Tensor>(["fc2.kernel"]).arraySync();
  };
  const seen = [[30, 30], [28, 28], [0, 0], [44, 44]]; // prettier-ignore
  assert.equal(scored(scoreWeights(model, "**.kernel", "gradient", { loss })), seen);
  assert.equal(scored(scoreWeights(model, "fc2.kernel", "snip", { loss })), [[30, 60], [84, 112], [0, 0], [308, 352]]); // prettier-ignore
  assert.equal(scored(scoreWeights(model, "fc2.kernel", "magnitude")), [[1, 2], [3, 4], [5, 6], [7, 8]]); // prettier-ignore
  using wanda = scoreWeights(model, "fc1.kernel", "wanda", { run: () => model.call(x) });
  const [first, second, third] = wanda.get<Tensor>(["fc1.kernel"]).arraySync() as number[][];
  assert.equal([first, second], [[1, 2, 3, 4], [0, 0, 0, 0]]); // prettier-ignore
  const root = Math.sqrt(5);
  third?.forEach((value, i) => assert.ok(Math.abs(value - Math.abs(fc1[2]?.[i] ?? 0) * root) < 1e-5));
  using bias = scoreWeights(model, "fc1.bias", "gradient", { loss: () => mean(square(x)) });
  assert.equal(bias.get<Tensor>(["fc1.bias"]).arraySync(), [0, 0, 0, 0]); // the loss does not depend on it
});

test("what says nothing, too much, or of another shape is an error, and leaves nothing", () => {
  using model = new Net();
  const message = (options: object, pattern = "fc1.kernel"): readonly string[] =>
    failure(() => new Pruning(pattern, options as PruningOptions).prepare(model));
  const one = "Give exactly one of them: it says how much goes.";
  assert.equal(
    [
      message({}),
      message({ amount: 0.5, count: 3 }),
      message({ group: { keep: 2, of: 4 }, units: { axis: 0 } }),
      message({ count: 13 }),
      message({ count: 1, units: { axis: 2 } }),
      message({ group: { keep: 1, of: 2 } }),
      message({ amount: 2 }),
      message({ group: { keep: 5, of: 4 } }),
      message({ count: 1, importance: (weight: Tensor) => sum(weight) }),
      message({ count: 1, importance: () => made.of([NaN, ...Array.from({ length: 11 }, () => 1)], [3, 4]) }),
    ],
    [
      ["PRUNING_AMOUNT", `Pruning was given 0 of amount, count and group. ${one}`],
      ["PRUNING_AMOUNT", `Pruning was given 2 of amount, count and group. ${one}`],
      ["PRUNING_AMOUNT", "Pruning was given group and units. Give one of them: a group is of single values."],
      ["PRUNING_AMOUNT", "Pruning was given count: 13. Give at most the 12 values that there are."],
      ["PRUNING_AMOUNT", "Pruning was given axis: 2. Give an axis of fc1.kernel, which is [3, 4]."],
      ["PRUNING_AMOUNT", "Pruning was given group: 2. Give a divisor of the 3 values along axis 0 of fc1.kernel."],
      ["OPTION_INVALID", "The option amount of Pruning is 2. Give a finite number from 0 to 1."],
      ["OPTION_INVALID", "The option group of Pruning is a record. Give { keep, of }, whole numbers, perhaps with an axis."],
      ["SCORES_UNFIT", "The scores of fc1.kernel are float32 []. Give a number for every value of float32 [3, 4]."],
      ["SCORES_UNFIT", "The scores of fc1.kernel are float32 [3, 4], with NaN among them. Give a number for every value of float32 [3, 4]."],
    ], // prettier-ignore
  );
  using others = new TensorDict({ "fc2.kernel": ones([4, 2]) });
  assert.equal(message({ count: 1, importance: others }), [
    "SCORES_UNFIT",
    "The scores of fc1.kernel are undefined. Give a number for every value of float32 [3, 4].",
  ]); // prettier-ignore
});

test("an importance that there is not, and one that lacks what it needs, are errors", () => {
  using model = new Net();
  const x = made.of([1, 0, 2], [1, 3]);
  const ask = (...args: unknown[]): readonly string[] =>
    failure(() => (scoreWeights as (...all: unknown[]) => unknown)(model, ...args));
  assert.equal(
    [
      ask("**", "size"),
      ask("**", "gradient"),
      ask("fc1.kernel", "snip", { loss: () => model.call(x) }),
      ask("fc1.bias", "wanda", { run: () => model.call(x) }),
      ask("fc1.kernel", "wanda", { run: () => undefined }),
      ask("fc3.kernel", "magnitude"),
    ],
    [
      ["IMPORTANCE_INVALID", 'scoreWeights was asked for the importance "size". Ask for one of magnitude, gradient, snip, wanda.'],
      ["IMPORTANCE_INVALID", "The importance gradient was given undefined as loss. Give a function that runs the model: { loss: () => ... }."],
      ["LOSS_INVALID", "The loss is float32 [1, 2]. Return a float32 scalar that is alive and computed from the model's output."],
      ["WEIGHT_SITELESS", "What fc1.bias is multiplied with is not known: it is [4], no kernel [in, out]. Take kernels [in, out] whose path is that of a site and a name."],
      ["WEIGHT_SITELESS", "What fc1.kernel is multiplied with is not known: its site did not run. Take kernels [in, out] whose path is that of a site and a name."],
      ["WEIGHT_UNMATCHED", 'No weight of Net matches "fc3.kernel", among 3 weights. Correct the pattern. The nearest names are fc1.kernel, fc2.kernel, fc1.bias.'],
    ], // prettier-ignore
  );
});

test.run();
