import { countHooks } from "@hookdict/core";
import { runWithCache, runWithHooks } from "@hookdict/contexts";
import { mul, scalar, sum, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Embedder, Repeat, Toy } from "../support/models.ts";
import { take, takeOne } from "../support/values.ts";

const test = suite("runWithHooks and runWithCache");

const triple = (value: Tensor): Tensor => mul(value, 3);

test("hooks live for one run, and the output is owned", () => {
  const model = new Toy();
  const x = scalar(2);
  const output = runWithHooks(model, [x], [["hook_first", triple]]);
  assert.is(takeOne(output), (3 * 2 ** 2 + 3) ** 2 - 4);
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("with a loss, backward hooks fire in the same run", () => {
  const model = new Toy();
  const x = scalar(2);
  const seen: number[] = [];
  const note = (gradient: Tensor): void => void seen.push(...gradient.dataSync());
  const output = runWithHooks(model, [x], [["hook_mid", "bwd", note]], { loss: sum });
  assert.equal(seen, [2 * (2 ** 2 + 3)]);
  assert.is(takeOne(output), (2 ** 2 + 3) ** 2 - 4);
  x.dispose();
});

test("a backward hook without a loss is refused", () => {
  const model = new Toy();
  const x = scalar(2);
  assert.equal(
    failure(() => runWithHooks(model, [x], [["hook_x", "bwd", triple]])),
    [
      "LOSS_MISSING",
      "runWithHooks was given a hook with the direction bwd, but no loss. Pass { loss: (output) => scalar }: backward hooks fire while it is differentiated.",
    ],
  );
  assert.equal(
    failure(() => runWithCache(model, [x], { directions: ["fwd", "bwd"] })),
    [
      "LOSS_MISSING",
      "runWithCache was given the direction bwd, but no loss. Pass { loss: (output) => scalar }: backward hooks fire while it is differentiated.",
    ],
  );
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("the cache and the output outlive the run", () => {
  const model = new Toy();
  const x = scalar(2);
  const { output, cache } = runWithCache(model, [x], { names: "hook_{first,mid}" });
  assert.is(takeOne(output), (2 ** 2 + 3) ** 2 - 4);
  assert.equal([...cache.get(["fwd", "hook_mid"]).dataSync()], [2 ** 2 + 3]);
  assert.equal([...cache.keys({ nested: true, leavesOnly: true })].length, 2);
  cache.dispose();
  x.dispose();
});

test("gradients are captured where there are any", () => {
  const model = new Toy();
  const x = scalar(2);
  const { output, cache } = runWithCache(model, [x], { loss: sum });
  const mid = 2 ** 2 + 3;
  assert.equal([...cache.get(["bwd_pre", "hook_out"]).dataSync()], [1]);
  assert.equal([...cache.get(["bwd_pre", "hook_mid"]).dataSync()], [2 * mid]);
  assert.equal([...cache.get(["bwd_pre", "hook_x"]).dataSync()], [2 * mid * 2 * 2]);
  assert.equal([...cache.get(["fwd", "hook_mid"]).dataSync()], [mid]);
  assert.is(takeOne(output), mid ** 2 - 4);
  cache.dispose();
  x.dispose();
});

test("a loss that throws leaves nothing behind", () => {
  const model = new Toy();
  const x = scalar(2);
  const loss = (): Tensor => {
    throw new Error("no loss");
  };
  assert.throws(() => runWithCache(model, [x], { loss }), "no loss");
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("axes are cut by their declared names: an entry, entries, a range", () => {
  using model = new Embedder();
  const tokens = tensor2d([[0, 2, 1]], [1, 3], "int32");
  const embedding = (
    slice: Record<string, number | number[] | { start?: number; end?: number }>,
  ): unknown => {
    const { output, cache } = runWithCache(model, [tokens], { names: "hook_embed", slice });
    output.dispose();
    const value = cache.release<Tensor>(["fwd", "hook_embed"]);
    cache.dispose();
    return [value.shape, take(value)];
  };
  assert.equal(embedding({ pos: -1 }), [
    [1, 2],
    [3, 4],
  ]);
  assert.equal(embedding({ pos: [2, 0] }), [
    [1, 2, 2],
    [3, 4, 1, 2],
  ]);
  assert.equal(embedding({ pos: { start: 1 }, dModel: 1 }), [
    [1, 2],
    [6, 4],
  ]);
  assert.equal(embedding({ batch: 0, pos: { end: -2 } }), [
    [1, 2],
    [1, 2],
  ]);
  tokens.dispose();
});

test("the batch axis goes only when it is 1", () => {
  using model = new Embedder();
  const one = tensor2d([[0, 2]], [1, 2], "int32");
  const two = tensor2d([[0], [2]], [2, 1], "int32");
  const { output, cache } = runWithCache(model, [one], { removeBatchDim: true, loss: sum });
  assert.equal(output.shape, [1, 2, 2]);
  assert.equal(cache.get(["fwd", "hook_embed"]).shape, [2, 2]);
  assert.equal(cache.get(["bwd_pre", "hook_embed"]).shape, [2, 2]);
  assert.equal(
    failure(() => runWithCache(model, [two], { removeBatchDim: true })),
    [
      "BATCH_NOT_ONE",
      "The batch of the value at hook_embed has 2 entries, so removeBatchDim would drop data. Run one prompt, or choose an entry with slice: { batch: 0 }.",
    ],
  );
  for (const tensor of [one, two, output, cache]) tensor.dispose();
});

test("an axis that no site declares, and an index outside, are refused", () => {
  using model = new Embedder();
  const toy = new Toy();
  const tokens = tensor2d([[0, 2]], [1, 2], "int32");
  const x = scalar(1);
  assert.equal(
    failure(() => runWithCache(model, [tokens], { slice: { head: 0 } })),
    [
      "SLICE_AXIS",
      'None of the captured sites declares the axis "head", so nothing would be left out. They declare batch, pos, dModel. Name another axis, or leave this one out.',
    ],
  );
  assert.equal(
    failure(() => runWithCache(toy, [x], { removeBatchDim: true })),
    [
      "SLICE_AXIS",
      'None of the captured sites declares the axis "batch", so nothing would be left out. They declare none. Name another axis, or leave this one out.',
    ],
  );
  for (const pos of [null, "1", [0, "1"], { start: "1" }, { step: 0 }, { step: 0.5 }, { from: 1 }]) {
    assert.equal(
      failure(() => runWithCache(model, [tokens], { slice: { pos: pos as never } })),
      [
        "OPTION_INVALID",
        `The option slice.pos of runWithCache is ${typeof pos === "object" && pos !== null ? (Array.isArray(pos) ? JSON.stringify(pos) : "a record") : JSON.stringify(pos)}. Give a whole number, a list of them, or a range { start, end, step }.`,
      ],
    );
  }
  const outside =
    'Index 2 of the axis "pos" is outside the value at hook_embed, where that axis has 2 entries. Use whole numbers from -2 to 1; a range may end at 2.';
  assert.equal(
    failure(() => runWithCache(model, [tokens], { slice: { pos: [0, 2] } })),
    ["SLICE_INDEX", outside],
  );
  assert.is(failure(() => runWithCache(model, [tokens], { slice: { pos: { end: 3 } } }))[0], "SLICE_INDEX");
  tokens.dispose();
  x.dispose();
});

test("a run may stop after the last captured site", () => {
  const model = new Toy();
  const x = scalar(2);
  const result = runWithCache(model, [x], { names: "hook_first", stopEarly: true });
  assert.ok(result.stopped);
  if (result.stopped) assert.is(result.at, "hook_first");
  assert.equal([...result.cache.get(["fwd", "hook_first"]).dataSync()], [4]);
  result.cache.dispose();
  assert.equal(
    failure(() => runWithCache(model, [x], { loss: sum, stopEarly: true })),
    [
      "STOP_WITH_LOSS",
      "runWithCache was asked both to stop early and for gradients of a loss of the output. A stopped run has no output: leave out stopEarly or loss.",
    ],
  );
  x.dispose();
});

test("of a site that runs several times, the first or last run may be kept", () => {
  const model = new Repeat(3);
  const x = scalar(1);
  const { output, cache } = runWithCache(model, [x], { passes: "last" });
  assert.equal([...cache.get(["fwd", "double"]).dataSync()], [2 ** 3]);
  assert.not(cache.has(["fwd", "double#1"]));
  output.dispose();
  cache.dispose();
  x.dispose();
});

test("arguments that are no list are refused, with how to give them", () => {
  const x = scalar(1);
  assert.equal(
    failure(() => runWithCache(new Toy(), x as never)),
    [
      "ARGUMENTS_INVALID",
      "runWithCache was given float32 [] as the model's arguments. Give a list of them: runWithCache(model, [tokens]).",
    ],
  );
  assert.equal(
    failure(() => runWithHooks(new Toy(), [x], ["hook_x"] as never)),
    [
      "PLACED_HOOK_INVALID",
      'runWithHooks was given "hook_x" where it takes a hook with its place. Give a list of [pattern, hook] or [pattern, direction, hook]: [["**.hook_z", "fwd", (value) => mul(value, 2)]].',
    ],
  );
  x.dispose();
});

test.run();
