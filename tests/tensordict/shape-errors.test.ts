import { TensorDict } from "@hookdict/tensordict";
import { zeros } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { grid } from "./grid.ts";

const test = suite("errors of shape operations");

test("the messages of shape errors", () => {
  using td = grid();
  const cases: [() => unknown, string, string][] = [
    [
      () => td.at(2),
      "INDEX_RANGE",
      "The index 2 is not in dim 0 of the batch size [2, 3]. Use whole numbers from 0 to 1, or -2 to -1 from the end.",
    ],
    [
      () => new TensorDict({}, { batchSize: [2, 0] }).at(1, 0),
      "INDEX_RANGE",
      "The index 0 is not in dim 1 of the batch size [2, 0]. That dim is empty.",
    ],
    [
      () => td.at(0, 0, 0),
      "INDEX_COUNT",
      "3 indices were given for the batch size [2, 3], which has 2 dims. Give at least one, and at most one per batch dim; dims of single leaves are reached with map().",
    ],
    [
      () => td.slice(0, 2, -1),
      "RANGE_STEP",
      "The step of a range must be a whole number above 0, not -1. Give the indices as a list to go backwards.",
    ],
    [
      () => td.unbind(2),
      "DIM_RANGE",
      "unbind was given the dim 2, and there are 2 to choose from. Use 0 to 1, or -2 to -1 from the end.",
    ],
    [
      () => td.permute([0, 0]),
      "PERMUTE_DIMS",
      "[0, 0] does not name each of the 2 batch dims once. permute needs all of them; transpose swaps two.",
    ],
    [
      () => td.reshape([4, -1]),
      "RESHAPE_SIZE",
      "The batch size [2, 3] cannot become [4, -1]. Both must have as many elements; one size may be -1 for what is left.",
    ],
    [
      () => td.expand([4, 3]),
      "EXPAND_SIZE",
      "The batch size [2, 3] cannot be expanded to [4, 3]. Only dims of size 1 grow, new dims come first, and -1 keeps a size.",
    ],
    [
      () => td.split([1, 1], 1),
      "SPLIT_SIZES",
      "A dim of size 3 cannot be split into [1,1]. Give a size above 0, or a list of sizes that add up to the dim's.",
    ],
    [
      () => td.mask([true]),
      "MASK_SHAPE",
      "mask was given a mask of dtype bool and shape [1] for the batch size [2, 3]. A mask is bool, and its shape is the batch size or begins it.",
    ],
    [
      () => td.where(td.get("n"), 0),
      "MASK_SHAPE",
      "where was given a mask of dtype int32 and shape [2, 3, 2] for the batch size [2, 3]. The condition is bool, and its shape is the batch size.",
    ],
    [
      () => td.gather(0, [0]),
      "GATHER_INDEX",
      "gather was given an index of dtype int32 and shape [1] for the batch size [2, 3]. It is int32, has as many dims as the batch, and is not larger except along the gathered dim.",
    ],
    [() => TensorDict.stack([]), "NOTHING_TO_JOIN", "stack was given no TensorDict. Give at least one."],
  ];
  for (const [run, code, message] of cases) assert.equal(failure(run), [code, message]);
  using flat = new TensorDict({ a: 1 });
  assert.equal(
    failure(() => flat.flatten()),
    [
      "DIM_RANGE",
      "flatten was given the dim 0, and there are 0 to choose from. It works on batch dims: set batchSize first.",
    ],
  );
});

test("what is stacked must have the same keys, dtypes and shapes", () => {
  using a = new TensorDict({ x: zeros([2]), y: { z: zeros([3]) } });
  using b = new TensorDict({ x: zeros([2]), w: 1 });
  assert.equal(
    failure(() => TensorDict.stack([a, a, b])),
    [
      "KEYS_DIFFER",
      'stack needs TensorDicts with tensors at the same keys. Number 3 lacks "y", ["y","z"] and has "w" besides. select() what they share first.',
    ],
  );
  using c = new TensorDict({ x: zeros([3]), y: { z: zeros([3], "int32") } });
  assert.equal(
    failure(() => TensorDict.stack([a, c])),
    [
      "SHAPES_DIFFER",
      'stack needs equal dtypes and shapes. In number 2, "x" is float32 [3], not float32 [2]; ["y","z"] is int32 [3], not float32 [3]. lazyStack() holds TensorDicts of different shapes.',
    ],
  );
});

test.run();
