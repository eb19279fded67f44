import { type Key, TensorDict } from "@hookdict/tensordict";
import { complex, scalar, type Tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("TensorDict dtypes");

const flags = (): TensorDict => new TensorDict({ m: tensor1d([1, 0], "bool") }, { batchSize: [2] });

/** Dtype and numbers of a leaf of what a call makes. */
function made(run: () => TensorDict, key: Key = "m"): unknown[] {
  using td = run();
  const leaf = td.get(key);
  return [leaf.dtype, ...leaf.dataSync()];
}

const complexes = (re: number[], im: number[]): Tensor => {
  const [a, b] = [tensor1d(re), tensor1d(im)];
  const both = complex(a, b);
  a.dispose();
  b.dispose();
  return both;
};

const waves = (): TensorDict => new TensorDict({ m: complexes([1, 3], [2, -4]) }, { batchSize: [2] });

test("bool counts as int32 in arithmetic, so no bool holds anything but 0 and 1", () => {
  using td = flags();
  assert.equal(made(() => td.add(td)), ["int32", 1 + 1, 0]); // prettier-ignore
  assert.equal(made(() => td.sub(1)), ["int32", 0, -1]); // prettier-ignore
  assert.equal(made(() => td.mul(td)), ["int32", 1, 0]); // prettier-ignore
  assert.equal(made(() => td.add(0.5)), ["float32", 1.5, 0.5]); // prettier-ignore
  assert.equal(made(() => td.div(2)), ["float32", 0.5, 0]); // prettier-ignore
  assert.equal(made(() => td.pow(2)), ["int32", 1, 0]); // prettier-ignore
  assert.equal(made(() => td.neg()), ["int32", -1, 0]); // prettier-ignore
  assert.equal(made(() => td.abs()), ["int32", 1, 0]); // prettier-ignore
});

test("sums of bools count, their largest and smallest are bools", () => {
  using td = flags();
  assert.equal(made(() => td.sum()), ["int32", 1]); // prettier-ignore
  assert.equal(made(() => td.mean()), ["float32", 0.5]); // prettier-ignore
  assert.equal(made(() => td.max()), ["bool", 1]); // prettier-ignore
  assert.equal(made(() => td.min()), ["bool", 0]); // prettier-ignore
});

test("comparisons of bools compare them", () => {
  using td = flags();
  using other = td.zerosLike();
  assert.equal(made(() => td.eq(td)), ["bool", 1, 1]); // prettier-ignore
  assert.equal(made(() => td.gt(other)), ["bool", 1, 0]); // prettier-ignore
});

test("a fraction in where makes whole numbers float32", () => {
  using td = new TensorDict({ m: tensor1d([7, 8], "int32") }, { batchSize: [2] });
  const condition = tensor1d([1, 0], "bool");
  assert.equal(made(() => td.where(condition, 0.5)), ["float32", 7, 0.5]); // prettier-ignore
  assert.equal(made(() => td.where(condition, -2)), ["int32", 7, -2]); // prettier-ignore
  using bools = flags();
  using not = bools.eq(0);
  assert.equal(made(() => bools.where(condition, not)), ["bool", 1, 1]); // prettier-ignore
  assert.equal(made(() => bools.where(condition, 5)), ["int32", 1, 5]); // prettier-ignore
  condition.dispose();
});

test("what is not zero is true, fractions too", () => {
  using td = new TensorDict({ m: tensor1d([0.5, 0, -0.25]) }, { batchSize: [3] });
  assert.equal(made(() => td.to("bool")), ["bool", 1, 0, 1]); // prettier-ignore
  assert.equal(made(() => td.any()), ["bool", 1]); // prettier-ignore
  assert.equal(made(() => td.all()), ["bool", 0]); // prettier-ignore
});

test("a whole number to a negative power is a fraction", () => {
  using td = new TensorDict({ m: tensor1d([2, 4], "int32") }, { batchSize: [2] });
  assert.equal(made(() => td.pow(-1)), ["float32", 1 / 2, 1 / 4]); // prettier-ignore
});

test("complex numbers compute with both their parts", () => {
  using td = waves();
  assert.equal(made(() => td.mul(2)), ["complex64", 2, 4, 6, -8]); // prettier-ignore
  assert.equal(made(() => td.add(1)), ["complex64", 2, 2, 4, -4]); // prettier-ignore
  assert.equal(made(() => td.mul(td)), ["complex64", 1 - 4, 4, 9 - 16, -24]); // prettier-ignore
  assert.equal(made(() => td.div(td)), ["complex64", 1, 0, 1, 0]); // prettier-ignore
  assert.equal(made(() => td.neg()), ["complex64", -1, -2, -3, 4]); // prettier-ignore
  assert.equal(made(() => td.mean()), ["complex64", (1 + 3) / 2, (2 - 4) / 2]); // prettier-ignore
  assert.equal(made(() => td.sum()), ["complex64", 4, -2]); // prettier-ignore
  assert.equal(made(() => td.eq(td)), ["bool", 1, 1]); // prettier-ignore
  using last = td.slice(1);
  assert.equal(made(() => last.abs()), ["float32", Math.hypot(3, -4)]); // prettier-ignore
});

test("what complex numbers have no answer for is refused with the key", () => {
  using td = waves();
  const said = (action: string): string[] => [
    "LEAF_DTYPE",
    `${action} cannot take "m", whose dtype is complex64. exclude() that key first.`,
  ];
  assert.equal(failure(() => td.max()), said("max")); // prettier-ignore
  assert.equal(failure(() => td.lt(td)), said("lt")); // prettier-ignore
  assert.equal(failure(() => td.pow(2)), said("pow")); // prettier-ignore
  assert.equal(failure(() => td.to("float32")), said("to")); // prettier-ignore
});

test("stacked and joined complex numbers keep their shapes and values", () => {
  using td = waves();
  using both = TensorDict.stack([td, td]);
  assert.equal(both.get("m").shape, [2, 2]);
  using second = both.at(1);
  assert.equal([...second.get("m").dataSync()], [1, 2, 3, -4]);
  using joined = TensorDict.cat([td, td]);
  assert.equal([...joined.get("m").dataSync()], [1, 2, 3, -4, 1, 2, 3, -4]);
});

test("a tensor's dims are batch dims, and the batch grows as PyTorch broadcasts", () => {
  using td = new TensorDict({ x: tensor2d([[0, 0], [0, 0]]) }, { batchSize: [2] }); // prettier-ignore
  const row = tensor2d([[1, 2]]);
  using sum = td.add(row);
  assert.equal([sum.batchSize, sum.get("x").shape], [[1, 2], [1, 2, 2]]); // prettier-ignore
  assert.equal([...sum.get("x").dataSync()], [1, 1, 2, 2]);
  const one = scalar(3);
  assert.equal(made(() => td.add(one), "x"), ["float32", 3, 3, 3, 3]); // prettier-ignore
  row.dispose();
  one.dispose();
});

test.run();
