import { TensorDict } from "@hookdict/tensordict";
import {
  chooseAlpha,
  mergeTaskVectors,
  type MergeTaskVectorsOptions,
  TaskVectors,
  taskVector,
  weightsOf,
  WeightSwapping,
} from "@hookdict/weights";
import { type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";
import { Made, Net } from "../models.ts";

const test = suite("task vectors");

const made = new Made();
test.after.each(() => made.clear());

const dict = (values: readonly number[]): TensorDict => new TensorDict({ w: tensor1d([...values]) });
const valuesOf = (td: TensorDict): number[] => [...td.get<Tensor>(["w"]).dataSync()];

function merged(vectors: readonly (readonly number[])[], options: MergeTaskVectorsOptions): number[] {
  const dicts = vectors.map(dict);
  using result = mergeTaskVectors(dicts, options);
  for (const each of dicts) each.dispose();
  return valuesOf(result);
}

test("weights are snapshots, and a task vector added gives the tuned model, to be scaled and undone", () => {
  using model = new Net();
  const x = made.of([1, 2, -1], [1, 3]);
  using base = weightsOf(model);
  using values = new TensorDict({ "fc1.bias": tensor1d([4, 4, 4, 4]) });
  using swapped = new WeightSwapping({ values }).prepare(model);
  using tuned = weightsOf(swapped);
  const wanted = take(swapped.call(x));
  swapped.dispose();
  assert.equal(base.get<Tensor>(["fc1.bias"]).arraySync(), [1, 0, -1, 2]);
  assert.equal(tuned.get<Tensor>(["fc1.bias"]).arraySync(), [4, 4, 4, 4]);
  using vector = taskVector(tuned, base);
  using added = new TaskVectors({ vector }).prepare(model);
  assert.equal(take(added.call(x)), wanted);
  using forgotten = new TaskVectors({ vector, alpha: -1 }).prepare(model);
  assert.equal(model.fc1.bias?.arraySync(), [1, 0, -1, 2]);
  added.dispose();
  assert.equal(model.fc1.bias?.arraySync(), [-2, -4, -6, 0]);
  forgotten.dispose();
});

test("merging: sums, signs elected by size or by number, trimmed together or each", () => {
  assert.equal(merged([[1, -4], [3, 1]], {}), [4, -3]); // prettier-ignore
  assert.equal(merged([[1, -4], [3, 1]], { weights: [2, -1] }), [-1, -9]); // prettier-ignore
  const three = [[4, 1], [-1, 1], [-2, -3]]; // prettier-ignore
  assert.equal(merged(three, { method: "ties" }), [4, -3]);
  assert.equal(merged(three, { method: "ties", majoritySign: "frequency" }), [-1.5, 1]);
  assert.equal(merged([[1, 2, 3, 4]], { method: "ties", density: 0.5 }), [0, 0, 3, 4]);
  const dicts = [
    new TensorDict({ a: tensor1d([1, 2]), b: tensor1d([5, 6]) }),
    new TensorDict({ a: tensor1d([9, 0]), b: tensor1d([1, 0]) }),
  ];
  using each = mergeTaskVectors(dicts, { method: "ties", density: 0.5 });
  using all = mergeTaskVectors(dicts, { method: "ties", density: 0.5, trim: "all" });
  assert.equal([each, all].map((td) => td.values().map((value) => (value as Tensor).arraySync())), [
    [[9, 2], [1, 6]],
    [[9, 0], [3, 6]],
  ]); // prettier-ignore
  for (const td of dicts) td.dispose();
});

test("DARE draws by its seed, and keeps the mean", () => {
  const long = Array.from({ length: 4000 }, () => 1);
  const [first, again, other] = [1, 1, 2].map((seed) =>
    merged([long], { method: "dareLinear", density: 0.25, seed }),
  );
  assert.equal(first, again);
  assert.not.equal(first, other);
  const mean = (first ?? []).reduce((sum, value) => sum + value, 0) / long.length;
  assert.ok(Math.abs(mean - 1) < 0.1, `${mean}`); // standard error 0.03
  assert.equal(
    [...new Set(first)].sort((a, b) => a - b),
    [0, 4],
  );
  const masks = [dict([1, 0])];
  assert.equal(merged([[3, 3]], { method: "dareTies", density: 0.5, masks }), [6, 0]);
  masks[0]?.dispose();
});

test("the alpha of the best accuracy that is adequate is chosen", () => {
  const accuracy = (alpha: number): number => -((alpha - 0.6) ** 2);
  assert.is(chooseAlpha([0.2, 0.5, 1], { accuracy }), 0.5);
  assert.is(chooseAlpha([0.2, 0.5, 1], { accuracy, isAdequate: (alpha) => alpha > 0.5 }), 1);
  assert.equal(
    failure(() => chooseAlpha([1, 2], { accuracy, isAdequate: () => false })),
    ["ALPHA_NONE", "No alpha is adequate, of those tried: 1, 2. Try smaller ones, or ask for less besides."],
  );
  assert.equal(
    failure(() => chooseAlpha([1, 2], { accuracy: () => NaN })),
    ["ARGUMENT_INVALID", "chooseAlpha was given NaN as the accuracy of 1. Give a finite number."],
  );
});

test("vectors of other weights or shapes, and options that do not fit, are errors", () => {
  using model = new Net();
  using short = dict([1]);
  using long = dict([1, 2]);
  using named = new TensorDict({ "fc1.bias": tensor1d([1]), "fc9.bias": tensor1d([1]) });
  using flat = new TensorDict({ "fc1.bias": tensor1d([1]) });
  const differ = "Give the weights of models of one kind, under the same names.";
  const cases: readonly (readonly [() => unknown, string, string])[] = [
    [() => taskVector(short, long), "WEIGHTS_DIFFER", `w is float32 [1] here, and float32 [2] there. ${differ}`],
    [() => mergeTaskVectors([short, flat]), "WEIGHTS_DIFFER", `fc1.bias is float32 [1] here, and undefined there. ${differ}`],
    [() => new TaskVectors({ vector: flat }).prepare(model), "WEIGHTS_DIFFER", `fc1.bias is float32 [1] here, and float32 [4] there. ${differ}`],
    [() => new WeightSwapping({ values: flat }).prepare(model), "WEIGHTS_DIFFER", `fc1.bias is float32 [1] here, and float32 [4] there. ${differ}`],
    [() => new TaskVectors({ vector: named }).prepare(model), "WEIGHT_UNMATCHED", 'No weight of Net matches "fc9.bias", among 3 weights. Correct the pattern. The nearest names are fc1.bias, fc1.kernel, fc2.kernel.'],
    [() => mergeTaskVectors([]), "MERGE_INVALID", "mergeTaskVectors was given no task vectors. Give one or more."],
    [() => mergeTaskVectors([short], { weights: [1, 2] }), "MERGE_INVALID", "mergeTaskVectors was given 2 weights for 1 task vectors. Give one for each."],
    [() => mergeTaskVectors([short], { masks: [] }), "MERGE_INVALID", "mergeTaskVectors was given 0 masks for 1 task vectors. Give one for each."],
    [() => mergeTaskVectors([short], { density: 0 }), "OPTION_INVALID", "The option density of mergeTaskVectors is 0. Give a number above 0, and at most 1."],
    [() => mergeTaskVectors([short], { method: "mean" as "ties" }), "OPTION_INVALID", 'The option method of mergeTaskVectors is "mean". Give "linear", "ties", "dareLinear" or "dareTies".'],
  ]; // prettier-ignore
  for (const [body, code, message] of cases) assert.equal(failure(body), [code, message]);
});

test.run();
