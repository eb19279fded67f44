import { type Key, nonTensorStack, type Operand, TensorDict } from "@hookdict/tensordict";
import {
  add,
  grad,
  scalar,
  sum,
  type Tensor,
  tensor,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("TensorDict arithmetic");

/** Batch [2]: floats, whole numbers, a flag and a name. */
function numbers(): TensorDict {
  return new TensorDict(
    { x: tensor2d([[1, -2], [3, 4]]), deep: { n: tensor1d([5, -6], "int32") }, name: "run" }, // prettier-ignore
    { batchSize: [2] },
  );
}

function read(td: TensorDict, key: Key): (number | string | readonly number[])[] {
  const leaf = td.get(key);
  return [leaf.dtype, leaf.shape, ...leaf.dataSync()];
}

test("a number combines with every leaf, and whole numbers stay whole", () => {
  using td = numbers();
  using sums = td.add(10);
  assert.equal(read(sums, "x"), ["float32", [2, 2], 11, 8, 13, 14]);
  assert.equal(read(sums, ["deep", "n"]), ["int32", [2], 15, 4]);
  assert.equal([sums.get("name"), sums.batchSize], ["run", [2]]);
  using halves = td.mul(0.5);
  assert.equal(read(halves, ["deep", "n"]), ["float32", [2], 2.5, -3]);
});

test("div gives fractions, also for whole numbers", () => {
  using td = numbers();
  using self = td.div(td);
  assert.equal(read(self, ["deep", "n"]), ["float32", [2], 1, 1]);
  using halves = td.div(2);
  assert.equal(read(halves, ["deep", "n"]), ["float32", [2], 2.5, -3]);
});

test("another TensorDict combines key by key, whatever its order", () => {
  using a = new TensorDict({ x: scalar(1), y: scalar(2) });
  using b = new TensorDict({ y: scalar(20), x: scalar(10) });
  using difference = b.sub(a);
  assert.equal(difference.keys(), ["y", "x"]);
  assert.equal([...read(difference, "x"), ...read(difference, "y")], ["float32", [], 9, "float32", [], 18]);
  using powers = a.pow(a);
  assert.equal(read(powers, "y"), ["float32", [], 4]);
});

test("a tensor is aligned with the batch, and holds for the dims after it", () => {
  using td = numbers();
  const factor = tensor1d([10, 100]);
  using product = td.mul(factor);
  assert.equal(read(product, "x"), ["float32", [2, 2], 10, -20, 300, 400]);
  factor.dispose();
});

test("neg, abs and to change every tensor", () => {
  using td = numbers();
  using negative = td.neg();
  assert.equal(read(negative, ["deep", "n"]), ["int32", [2], -5, 6]);
  using positive = td.abs();
  assert.equal(read(positive, "x"), ["float32", [2, 2], 1, 2, 3, 4]);
  using whole = td.to("int32");
  assert.equal(read(whole, "x"), ["int32", [2, 2], 1, -2, 3, 4]);
  td.set("text", tensor(["a", "b"]));
  using cast = td.to("bool");
  assert.equal([cast.get("x").dtype, cast.get("text").dtype], ["bool", "string"]);
});

test("comparisons give bool", () => {
  using td = numbers();
  const compare = (run: (operand: Operand) => TensorDict): unknown => {
    using result = run(3);
    return read(result, "x");
  };
  assert.equal(
    compare((b) => td.eq(b)),
    ["bool", [2, 2], 0, 0, 1, 0],
  );
  assert.equal(
    compare((b) => td.ne(b)),
    ["bool", [2, 2], 1, 1, 0, 1],
  );
  assert.equal(
    compare((b) => td.lt(b)),
    ["bool", [2, 2], 1, 1, 0, 0],
  );
  assert.equal(
    compare((b) => td.le(b)),
    ["bool", [2, 2], 1, 1, 1, 0],
  );
  assert.equal(
    compare((b) => td.gt(b)),
    ["bool", [2, 2], 0, 0, 0, 1],
  );
  assert.equal(
    compare((b) => td.ge(b)),
    ["bool", [2, 2], 0, 0, 1, 1],
  );
});

test("a reduction runs over everything, over batch dims, or over the dims after them", () => {
  using td = numbers();
  using all = td.sum();
  assert.equal([...read(all, "x"), all.batchSize], ["float32", [], 1 - 2 + 3 + 4, []]);
  using batch = td.sum(0);
  assert.equal([...read(batch, "x"), batch.batchSize], ["float32", [2], 1 + 3, -2 + 4, []]);
  using feature = td.sum("feature");
  assert.equal([...read(feature, "x"), feature.batchSize], ["float32", [2], 1 - 2, 3 + 4, [2]]);
  assert.equal(read(feature, ["deep", "n"]), ["int32", [2], 5, -6]);
});

test("every reduction", () => {
  using td = numbers();
  const reduce = (run: () => TensorDict): unknown => {
    using result = run();
    return read(result, "x");
  };
  assert.equal(
    reduce(() => td.mean(-1)),
    ["float32", [2], (1 + 3) / 2, (-2 + 4) / 2],
  );
  assert.equal(
    reduce(() => td.max([0])),
    ["float32", [2], 3, 4],
  );
  assert.equal(
    reduce(() => td.min()),
    ["float32", [], -2],
  );
  assert.equal(
    reduce(() => td.norm("feature").run((norms) => norms.pow(2).run((squares) => squares.sum()))),
    ["float32", [], 1 + 4 + 9 + 16],
  );
  assert.equal(
    reduce(() => td.any("feature")),
    ["bool", [2], 1, 1],
  );
  assert.equal(
    reduce(() => td.gt(0).run((positive) => positive.all("feature"))),
    ["bool", [2], 0, 1],
  );
});

test("a value per element becomes a list along the reduced dims", () => {
  using td = new TensorDict(
    { s: nonTensorStack(["a", "b", "c", "d"], [2, 2]), t: "x" },
    { batchSize: [2, 2] },
  );
  const names = (run: () => TensorDict): unknown => {
    using result = run();
    return [result.get<unknown>("s"), result.get<unknown>("t")];
  };
  assert.equal(names(() => td.sum(0)), [[["a", "c"], ["b", "d"]], "x"]); // prettier-ignore
  assert.equal(names(() => td.sum()), [[["a", "b"], ["c", "d"]], "x"]); // prettier-ignore
  assert.equal(names(() => td.sum("feature")), [[["a", "b"], ["c", "d"]], "x"]); // prettier-ignore
});

test("reductions reach nested dicts of more batch dims", () => {
  using td = new TensorDict(
    { deep: new TensorDict({ x: zeros([2, 3, 4]) }, { batchSize: [2, 3] }) },
    { batchSize: [2] },
  );
  const sizes = (run: () => TensorDict): unknown => {
    using result = run();
    return [result.get<TensorDict>("deep").batchSize, result.get(["deep", "x"]).shape];
  };
  assert.equal(
    sizes(() => td.sum(0)),
    [[3], [3, 4]],
  );
  assert.equal(
    sizes(() => td.sum("feature")),
    [
      [2, 3],
      [2, 3],
    ],
  );
  assert.equal(
    sizes(() => td.sum()),
    [[], []],
  );
});

test("gradients flow through arithmetic", () => {
  const x = tensor1d([1, 2]);
  const slope = grad((value: Tensor) => {
    using td = new TensorDict({ x: value.clone() });
    using squares = td.mul(td);
    using total = squares.sum();
    return sum(total.get("x"));
  })(x);
  assert.equal([...slope.dataSync()], [2, 4]);
  slope.dispose();
  x.dispose();
});

test("the messages of arithmetic errors", () => {
  using td = numbers();
  using other = new TensorDict({ x: zeros([2]), y: zeros([2]) });
  assert.equal(
    failure(() => td.add(other)),
    [
      "KEYS_DIFFER",
      'add needs TensorDicts with tensors at the same keys. The second lacks ["deep","n"] and has "y" besides. select() what they share first.',
    ],
  );
  const three = zeros([3]);
  assert.equal(
    failure(() => td.add(three)),
    [
      "OPERAND_SHAPE",
      "add was given a tensor of shape [3] for the batch size [2]. A tensor's dims are aligned with the batch dims, from the last on; map() combines with dims after the batch.",
    ],
  );
  three.dispose();
  using odd = new TensorDict({ x: zeros([2, 3]), deep: { n: zeros([2]) } });
  const said = thrown(() => add(td.get("x"), odd.get("x"))).message; // each backend has words of its own
  assert.equal(
    failure(() => td.add(odd)),
    ["LEAF_FAILED", `add failed at "x": ${said} Correct that leaf's shape or dtype, or exclude() it.`],
  );
  assert.equal(
    failure(() => td.add("1" as never)),
    [
      "OPERAND_INVALID",
      'add cannot combine with "1". Give a number, a tensor of numbers that is not disposed, or a TensorDict.',
    ],
  );
  assert.equal(
    failure(() => td.to("float64" as never)),
    [
      "DTYPE_INVALID",
      'There is no dtype "float64" to cast to. Give "float32", "int32", "bool" or "complex64".',
    ],
  );
  assert.equal(
    failure(() => td.quantile(2)),
    ["NUMBER_INVALID", "quantile was given the share 2. Give a number from 0 to 1."],
  );
  assert.equal(
    failure(() => td.sum([0, -1])),
    [
      "REDUCE_DIMS",
      'sum cannot reduce over [0,-1]. Give a batch dim, a list of different ones, "feature" for the dims after the batch, or nothing for all.',
    ],
  );
  td.set("text", tensor(["a", "b"]));
  assert.equal(
    failure(() => td.neg()),
    ["LEAF_DTYPE", 'neg cannot take "text", whose dtype is string. exclude() that key first.'],
  );
});

test.run();
