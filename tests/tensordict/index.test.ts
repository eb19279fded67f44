import { type IndexPart, nonTensorStack, TensorDict } from "@hookdict/tensordict";
import {
  ones,
  range,
  reshape,
  scalar,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("TensorDict indices");

/** Batch [2, 3]: `x` counts 0 to 5, `s` names them. */
const grid = (): TensorDict =>
  new TensorDict(
    {
      x: tidy(() => reshape(range(0, 6), [2, 3])),
      s: nonTensorStack(["a", "b", "c", "d", "e", "f"], [2, 3]),
    },
    { batchSize: [2, 3] },
  );

function taken(...index: readonly IndexPart[]): unknown[] {
  using td = grid();
  using part = td.at(...index);
  return [part.batchSize, [...part.get("x").dataSync()], part.get<unknown>("s")];
}

test("several lists are taken element by element", () => {
  assert.equal(taken([0, 1], [2, 0]), [[2], [2, 3], ["c", "d"]]);
  assert.equal(taken([[0], [1]], [2, 0]), [[2, 2], [2, 0, 5, 3], [["c", "a"], ["f", "d"]]]); // prettier-ignore
});

test("a list of lists gives as many dims", () => {
  assert.equal(taken([[1, 0], [0, 1]]).slice(0, 1), [[2, 2, 3]]); // prettier-ignore
  const index = tensor2d([[1], [0]], [2, 1], "int32");
  assert.equal(taken(index, 0), [
    [2, 1],
    [3, 0],
    [["d"], ["a"]],
  ]);
  index.dispose();
});

test("booleans are a mask, also over several dims", () => {
  assert.equal(taken([false, true], 1), [[1], [4], ["e"]]);
  const mask = tensor1d([1, 0], "bool");
  assert.equal(taken(mask, [-1]), [[1], [2], ["c"]]);
  mask.dispose();
  assert.equal(taken([[true, false, true], [false, false, true]]), [[3], [0, 2, 5], ["a", "c", "f"]]); // prettier-ignore
});

test("lists with a range between them come first", () => {
  using td = new TensorDict({ x: zeros([2, 3, 4, 5]) }, { batchSize: [2, 3, 4] });
  using apart = td.at([0, 1], {}, [1, 2]);
  assert.equal(apart.batchSize, [2, 3]);
  using dropped = td.at(0, {}, [1, 2]);
  assert.equal(dropped.batchSize, [3, 2]);
});

test("what is no index is refused", () => {
  using td = grid();
  const hint =
    "Give a whole number, { start, end, step }, lists of whole numbers or of booleans, or an int32 or bool tensor.";
  assert.equal(failure(() => td.at({ from: 1 } as never)), ["INDEX_INVALID", `record { from: number } is no index for dim 0. ${hint}`]); // prettier-ignore
  assert.equal(failure(() => td.at(null as never)), ["INDEX_INVALID", `null is no index for dim 0. ${hint}`]); // prettier-ignore
  assert.equal(
    failure(() => td.at([[0], [0, 1]])),
    [
      "INDEX_INVALID",
      `tuple (tuple (number), tuple (number, number)) is not a list of indices of one shape, so it is no index for dim 0. ${hint}`,
    ],
  );
  assert.equal(failure(() => td.slice(0.5, 2)), [
    "RANGE_BOUND",
    "The bound `start` of a range must be a whole number, not 0.5. Leave it out for the beginning or the end; negative ones count from the end.",
  ]); // prettier-ignore
  assert.equal(failure(() => td.at([0, 1], [0, 1, 2])), [
    "INDEX_SHAPES",
    "The lists of indices have the shapes [2] and [3], which do not fit together. Several lists are taken element by element. For all pairs, index twice, or give one as a column: [[0], [1]].",
  ]); // prettier-ignore
  assert.is(failure(() => td.at([0.5]))[0], "INDEX_RANGE");
});

test("setAt writes what an index names, in every leaf", () => {
  using td = grid();
  using two = td.at([1, 0], [2, 2]);
  using negative = two.mapEntries((_, value) => value);
  td.setAt(
    [
      [0, 1],
      [0, 0],
    ],
    negative,
  );
  assert.equal([...td.get("x").dataSync()], [5, 1, 2, 2, 4, 5]);
  assert.equal(td.get("s"), [["f", "b", "c"], ["c", "e", "f"]]); // prettier-ignore
  td.setAt([0], 9);
  assert.equal([...td.get("x").dataSync()], [9, 9, 9, 2, 4, 5]);
});

test("setAt changes nothing where the values do not fit", () => {
  using td = grid();
  using row = td.at(0);
  using short = row.slice(0, 2);
  assert.equal(
    failure(() => td.setAt([0], short)),
    [
      "WRITE_SHAPE",
      "Values of batch size [2] cannot be written to an index of batch size [3]. Give as many elements as the index names, or one for all of them.",
    ],
  );
  using whole = td.to("int32");
  assert.equal(
    failure(() => td.setAt([{}], whole)),
    [
      "SHAPES_DIFFER",
      'setAt needs equal dtypes and shapes. In the value, "x" is int32 [2, 3], not float32 [2, 3]. lazyStack() holds TensorDicts of different shapes.',
    ],
  );
  assert.equal([...td.get("x").dataSync()], [0, 1, 2, 3, 4, 5]);
});

test("flip, roll, repeat and pad move every leaf alike", () => {
  using td = grid();
  const names = (make: () => TensorDict): unknown[] => {
    using made = make();
    return [made.batchSize, [...made.get("x").dataSync()], made.get<unknown>("s")];
  };
  assert.equal(names(() => td.flip(1)).slice(1, 2), [[2, 1, 0, 5, 4, 3]]); // prettier-ignore
  assert.equal(names(() => td.roll(1, 1)).slice(1, 2), [[2, 0, 1, 5, 3, 4]]); // prettier-ignore
  assert.equal(names(() => td.repeat([1, 2])).slice(0, 1), [[2, 6]]); // prettier-ignore
  using row = td.at(0);
  assert.equal(names(() => row.repeatInterleave(2)), [[6], [0, 0, 1, 1, 2, 2], ["a", "a", "b", "b", "c", "c"]]); // prettier-ignore
  assert.equal(names(() => row.pad([1, 0], 7)), [[4], [7, 0, 1, 2], [null, "a", "b", "c"]]); // prettier-ignore
  assert.equal(failure(() => row.pad([1])), [
    "PAD_SIZES",
    "The batch size [3] cannot be padded with [1]. Give two numbers from 0 on per batch dim: elements before it, elements after it.",
  ]); // prettier-ignore
  assert.equal(failure(() => row.flip("0" as never)), [
    "SIZES_INVALID",
    'flip needs a list of whole numbers, not "0". Write [2, 3].',
  ]); // prettier-ignore
});

test("stackTensors and catTensors put several keys under one", () => {
  using td = new TensorDict(
    { a: ones([2, 3]), deep: { b: zeros([2, 3]) }, c: ones([2, 1]) },
    { batchSize: [2] },
  );
  td.stackTensors(["a", ["deep", "b"]], "both");
  assert.equal([td.keys({ nested: true }), td.get("both").shape], [["deep", "c", "both"], [2, 2, 3]]); // prettier-ignore
  assert.equal(failure(() => td.catTensors(["both", "c"], "d")), [
    "SHAPES_DIFFER",
    'catTensors needs equal dtypes and shapes. In the list, "c" is float32 [2, 1], not float32 [2, 2, 3]. lazyStack() holds TensorDicts of different shapes.',
  ]); // prettier-ignore
  td.set("e", zeros([2, 2])).catTensors(["c", "e"], "c", 1);
  assert.equal([...td.get("c").dataSync()], [1, 0, 0, 1, 0, 0]);
  assert.equal(failure(() => td.catTensors(["deep"], "d")), [
    "JOIN_LEAF",
    'catTensors joins tensors, and "deep" is none. Give keys of tensors of equal dtypes and shapes.',
  ]); // prettier-ignore
});

test("splitKeys gives one TensorDict per list, and the rest", () => {
  using td = new TensorDict({ a: 1, b: 2, c: 3 });
  const parts = td.splitKeys(["a"], ["c"]);
  assert.equal(parts.map((part) => part.keys()), [["a"], ["c"], ["b"]]); // prettier-ignore
  for (const part of parts) part.dispose();
});

test("a stack's slice borrows, and delete reaches all", () => {
  using stack = TensorDict.lazyStack([0, 1, 2].map((n) => new TensorDict({ n: scalar(n), m: n })));
  using part = stack.slice(1);
  using n = new TensorDict({ n: part.get<Tensor>("n") });
  assert.equal([...n.get("n").dataSync()], [1, 2]);
  stack.delete("m");
  assert.equal(part.keys(), ["n"]);
});

test.run();
