import { TensorDict } from "@hookdict/tensordict";
import { memory, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("padSequence");

const sequence = (ids: readonly number[]): TensorDict =>
  new TensorDict(
    {
      ids: tensor1d([...ids], "int32"),
      deep: { x: tensor2d([...ids, ...ids], [ids.length, 2]) },
      name: "same",
    },
    { batchSize: [ids.length] },
  );

test("fills each up to the longest and says what was there", () => {
  using short = sequence([7]);
  using long = sequence([1, 2, 3]);
  using batch = TensorDict.padSequence([short, long], { value: -1, mask: "mask" });
  assert.equal(batch.batchSize, [2, 3]);
  assert.equal(batch.get<Tensor>("ids").arraySync(), [[7, -1, -1], [1, 2, 3]]); // prettier-ignore
  assert.equal(batch.get<Tensor>("mask").arraySync(), [[1, 0, 0], [1, 1, 1]]); // prettier-ignore
  assert.is(batch.get<Tensor>("mask").dtype, "bool");
  assert.equal(batch.get<Tensor>(["deep", "x"]).shape, [2, 3, 2]);
});

test("pads another batch dim, with its mask", () => {
  const grid = (width: number): TensorDict =>
    new TensorDict({ x: tensor2d(Array.from({ length: 2 * width }, (_, i) => i), [2, width]) }, { batchSize: [2, width] }); // prettier-ignore
  using narrow = grid(1);
  using wide = grid(2);
  using batch = TensorDict.padSequence([narrow, wide], { dim: 1, mask: "mask" });
  assert.equal(batch.get<Tensor>("x").arraySync(), [[[0, 0], [1, 0]], [[0, 1], [2, 3]]]); // prettier-ignore
  assert.equal(batch.get<Tensor>("mask").arraySync(), [[[1, 0], [1, 0]], [[1, 1], [1, 1]]]); // prettier-ignore
});

test("what cannot be padded is refused, and leaves nothing", () => {
  using one = sequence([1]);
  using texts = new TensorDict({ ids: tensor1d(["a"]) }, { batchSize: [1] });
  using other = new TensorDict({ ids: tensor1d([1], "int32") }, { batchSize: [1] });
  const before = memory().numTensors;
  assert.is(failure(() => TensorDict.padSequence([]))[0], "NOTHING_TO_JOIN");
  assert.is(failure(() => TensorDict.padSequence([texts]))[0], "PAD_DTYPE");
  assert.is(failure(() => TensorDict.padSequence([one, other]))[0], "KEYS_DIFFER");
  assert.is(failure(() => TensorDict.padSequence([one], { dim: 1 }))[0], "DIM_RANGE");
  assert.equal(
    failure(() => TensorDict.padSequence([one], { masks: "m" } as never)),
    ["ARGUMENT_INVALID", 'padSequence was given "masks" as an option. Give only dim, value, mask.'],
  );
  assert.is(memory().numTensors, before);
});

test.run();
