import { TensorDict } from "@hookdict/tensordict";
import { tensor1d, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("TensorDict reductions");

function read(run: () => TensorDict): unknown[] {
  using td = run();
  const leaf = td.get("x");
  return [leaf.dtype, leaf.shape, ...leaf.dataSync()];
}

test("over nothing, all is true, any false, a sum 0, a product 1 and a mean NaN", () => {
  using td = new TensorDict({ x: zeros([0, 2]) }, { batchSize: [0] });
  assert.equal(read(() => td.all(0)), ["bool", [2], 1, 1]); // prettier-ignore
  assert.equal(read(() => td.any()), ["bool", [], 0]); // prettier-ignore
  assert.equal(read(() => td.sum(0)), ["float32", [2], 0, 0]); // prettier-ignore
  assert.equal(read(() => td.prod()), ["float32", [], 1]); // prettier-ignore
  assert.equal(read(() => td.mean()), ["float32", [], NaN]); // prettier-ignore
  assert.equal(read(() => td.std(0)), ["float32", [2], NaN, NaN]); // prettier-ignore
  assert.equal(read(() => td.logSumExp(0)), ["float32", [2], -Infinity, -Infinity]); // prettier-ignore
});

test("nothing has no largest and no smallest value", () => {
  using td = new TensorDict({ deep: { x: zeros([0, 2]) } }, { batchSize: [0] });
  for (const action of ["max", "min", "argMax", "argMin"] as const) {
    assert.equal(
      failure(() => td[action](0)),
      [
        "LEAF_EMPTY",
        `${action} over no elements has no value: ["deep","x"] has the shape [0, 2]. Reduce over dims that are not empty, or exclude() that key.`,
      ],
    );
  }
  using some = new TensorDict({ x: zeros([0, 2]) }, { batchSize: [0, 2] });
  assert.equal(read(() => some.max(1)), ["float32", [0]]); // prettier-ignore
});

test("variance, deviation and quantile are those of a sample", () => {
  using td = new TensorDict({ x: tensor1d([1, 2, 3, 6]) }, { batchSize: [4] });
  assert.equal(read(() => td.var()), ["float32", [], Math.fround((4 + 1 + 0 + 9) / 3)]); // prettier-ignore
  assert.equal(read(() => td.var(0, { correction: 0 })), ["float32", [], 14 / 4]); // prettier-ignore
  assert.equal(read(() => td.quantile(0.5)), ["float32", [], (2 + 3) / 2]); // prettier-ignore
  assert.equal(read(() => td.quantile(1)), ["float32", [], 6]); // prettier-ignore
  assert.equal(read(() => td.quantile(0)), ["float32", [], 1]); // prettier-ignore
  using one = td.slice(0, 1);
  assert.equal(read(() => one.std()), ["float32", [], NaN]); // prettier-ignore
});

test("NaN is left out where asked for", () => {
  using td = new TensorDict({ x: tensor1d([1, NaN, 3]) }, { batchSize: [3] });
  assert.equal(read(() => td.nanSum()), ["float32", [], 4]); // prettier-ignore
  assert.equal(read(() => td.nanMean()), ["float32", [], 2]); // prettier-ignore
});

test("keepDim keeps reduced dims with size 1", () => {
  using td = new TensorDict({ x: tensor2d([[1, 2], [3, 4]]) }, { batchSize: [2] }); // prettier-ignore
  using sum = td.sum(0, { keepDim: true });
  assert.equal([sum.batchSize, sum.get("x").shape], [[1], [1, 2]]); // prettier-ignore
  assert.equal(read(() => td.max("feature", { keepDim: true })), ["float32", [2, 1], 2, 4]); // prettier-ignore
});

test("argMax, softmax, zerosLike and onesLike", () => {
  using td = new TensorDict({ x: tensor2d([[1, 5], [1, 2]]) }, { batchSize: [2] }); // prettier-ignore
  assert.equal(read(() => td.argMax(0)), ["int32", [2], 0, 0]); // prettier-ignore
  using equal = td.zerosLike();
  assert.equal(read(() => equal.softmax(0)), ["float32", [2, 2], 0.5, 0.5, 0.5, 0.5]); // prettier-ignore
  assert.equal(read(() => td.onesLike()), ["float32", [2, 2], 1, 1, 1, 1]); // prettier-ignore
});

test("autoBatchSize keeps a nested level within the one around it", () => {
  using td = new TensorDict({ z: zeros([3, 2]), empty: new TensorDict({}, { batchSize: [2] }) });
  td.autoBatchSize();
  assert.equal([td.batchSize, td.get<TensorDict>("empty").batchSize], [[3, 2], [3, 2]]); // prettier-ignore
});

test("mapEntries keeps the batch sizes of nested levels", () => {
  using td = new TensorDict(
    { a: new TensorDict({ x: zeros([2, 3]) }, { batchSize: [2, 3] }) },
    { batchSize: [2] },
  );
  using same = td.mapEntries((_, value) => value);
  assert.equal(same.get<TensorDict>("a").batchSize, [2, 3]);
});

test.run();
