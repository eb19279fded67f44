import { compose } from "@hookdict/contexts";
import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Repeat, Toy } from "../support/models.ts";
import { Heads, numbered } from "./heads.ts";

const test = suite("how captures are kept");
const paths = (cache: TensorDict): string[] =>
  [...cache.keys({ nested: true, leavesOnly: true })].map((key) => [...key].join(":"));
const valueOf = (cache: TensorDict, key: readonly string[]): number =>
  cache.get<Tensor>(key as [string, string]).dataSync()[0] ?? NaN;

test("two contexts in turn fill one cache that is not cleared, and nothing is overwritten", () => {
  const model = new Toy();
  const [x, y] = [scalar(2), scalar(3)];
  using cache = new TensorDict();
  for (const value of [x, y]) {
    using hooked = new ActivationCaching("hook_first", { cache, clearCache: false }).prepare(model);
    hooked.call(value).dispose();
  }
  assert.equal(paths(cache), ["fwd:hook_first", "fwd:hook_first#1"]);
  assert.equal([valueOf(cache, ["fwd", "hook_first"]), valueOf(cache, ["fwd", "hook_first#1"])], [4, 9]);
  x.dispose();
  y.dispose();
});

test("two that fill one cache in the same run take turns, too", () => {
  const x = scalar(1);
  using cache = new TensorDict();
  const caching = (): ActivationCaching => new ActivationCaching("double", { cache, clearCache: false });
  {
    using both = compose(caching(), caching()).prepare(new Repeat(2));
    both.call(x).dispose();
  }
  const keys = ["double", "double#1", "double#2", "double#3"];
  assert.equal(
    keys.map((key) => valueOf(cache, ["fwd", key])),
    [2, 2, 4, 4],
  );
  x.dispose();
});

test("of each run the first or the last pass is kept when the cache is not cleared", () => {
  const x = scalar(1);
  for (const [passes, wanted] of [
    ["first", 2],
    ["last", 8],
  ] as const) {
    using hooked = new ActivationCaching("double", { passes, clearCache: false }).prepare(new Repeat(3));
    hooked.call(x).dispose();
    hooked.call(x).dispose();
    assert.equal(paths(hooked.cache), ["fwd:double", "fwd:double#1"]);
    assert.is(valueOf(hooked.cache, ["fwd", "double#1"]), wanted);
  }
  x.dispose();
});

test("named runs lie side by side in one cache, each emptied by its own context", () => {
  const model = new Toy();
  const [x, y] = [scalar(2), scalar(3)];
  using cache = new TensorDict();
  {
    using clean = new ActivationCaching("hook_first", { cache, run: "clean" }).prepare(model);
    clean.call(y).dispose();
    clean.call(x).dispose();
  }
  {
    using corrupt = new ActivationCaching("hook_first", { cache, run: "corrupt" }).prepare(model);
    corrupt.call(y).dispose();
    const source = cache.get<TensorDict>("clean");
    using patched = new ActivationPatching("hook_first", { source }).prepare(model);
    const output = patched.call(y);
    assert.is(output.dataSync()[0], (2 ** 2 + 3) ** 2 - 4);
    output.dispose();
  }
  assert.equal(paths(cache), ["clean:fwd:hook_first", "corrupt:fwd:hook_first"]);
  x.dispose();
  y.dispose();
});

test("a named run that is filled in this very run is refused as a source", () => {
  const model = new Toy();
  const x = scalar(2);
  {
    using clean = new ActivationCaching("hook_first", { run: "clean" }).prepare(model);
    clean.call(x).dispose();
    const source = clean.cache.get<TensorDict>("clean");
    using patched = new ActivationPatching("hook_first", { source }).prepare(model);
    assert.is(failure(() => patched.call(x))[0], "PATCH_SOURCE_REFILLED");
  }
  x.dispose();
});

test("a run is not named like a direction", () => {
  assert.equal(
    failure(() => new ActivationCaching("**", { run: "fwd" })),
    [
      "OPTION_INVALID",
      'The option run of ActivationCaching is "fwd". Give the name of a run, which is no direction.',
    ],
  );
});

test("two contexts compose over one cache when their runs have names of their own", () => {
  using cache = new TensorDict();
  const caching = (run: string): ActivationCaching => new ActivationCaching("hook_first", { cache, run });
  compose(caching("a"), caching("b"));
  assert.is(failure(() => compose(caching("a"), caching("a")))[0], "COMPOSE_CONFLICT");
});

test("a slice keeps what it says along declared axes, also every other entry", () => {
  const x = numbered(1); // 100·batch + 10·pos + head + 1
  for (const [slice, shape, values] of [
    [{ pos: { step: 2 }, head: 0, dHead: 0 }, [2, 2], [1, 21, 101, 121]],
    [{ batch: 0, pos: { start: 1, step: 5 }, dHead: 0 }, [1, 2], [11, 12]],
    [{ batch: 1, pos: -1, head: [1, 0] }, [2, 1], [122, 121]],
  ] as const) {
    using hooked = new ActivationCaching("hook_q", { slice }).prepare(new Heads());
    hooked.call(x).dispose();
    const kept = hooked.cache.get<Tensor>(["fwd", "hook_q"]);
    assert.equal([kept.shape, [...kept.dataSync()]], [[...shape], [...values]]);
  }
  x.dispose();
});

test("removeBatchDim drops a batch of one, and refuses to drop data", () => {
  const x = numbered(1);
  {
    using hooked = new ActivationCaching("hook_q", { removeBatchDim: true }).prepare(new Heads());
    assert.is(failure(() => hooked.call(x))[0], "BATCH_NOT_ONE");
    using one = new ActivationCaching("hook_q", { slice: { batch: [1] }, removeBatchDim: true }).prepare(
      new Heads(),
    );
    one.call(x).dispose();
    assert.equal(one.cache.get<Tensor>(["fwd", "hook_q"]).shape, [3, 2, 1]);
  }
  x.dispose();
});

test("an axis that no site declares is refused when the context is prepared", () => {
  assert.is(
    failure(() => new ActivationCaching("hook_q", { slice: { layer: 0 } }).prepare(new Heads()))[0],
    "SLICE_AXIS",
  );
});

test("a capture in the host's memory has the same values, shape and dtype", () => {
  const x = numbered(1);
  {
    using hooked = new ActivationCaching("hook_q", { memory: "host" }).prepare(new Heads());
    hooked.call(x).dispose();
    const kept = hooked.cache.get<Tensor>(["fwd", "hook_q"]);
    assert.equal([kept.shape, kept.dtype, [...kept.dataSync()]], [x.shape, x.dtype, [...x.dataSync()]]);
    assert.not(kept.dataId === x.dataId);
  }
  x.dispose();
});

test("a capture may have another dtype", () => {
  const x = scalar(2.5);
  {
    using hooked = new ActivationCaching("hook_x", { dtype: "int32", memory: "host" }).prepare(new Toy());
    hooked.call(x).dispose();
    const kept = hooked.cache.get<Tensor>(["fwd", "hook_x"]);
    assert.equal([kept.dtype, kept.dataSync()[0]], ["int32", 2]);
  }
  x.dispose();
});

test("a callback is given what the slice has left", () => {
  const x = numbered(1);
  {
    using hooked = new ActivationCaching("hook_q", {
      slice: { batch: 0, head: 0 },
      callback: (value) => String(value.shape),
    }).prepare(new Heads());
    hooked.call(x).dispose();
    assert.equal(hooked.cache.get<unknown>(["fwd", "hook_q"]), "3,1");
  }
  x.dispose();
});

test("after the cache was taken, keys start afresh", () => {
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("double", { clearCache: false }).prepare(new Repeat(1));
    hooked.call(x).dispose();
    hooked.takeCache().dispose();
    hooked.call(x).dispose();
    assert.equal(paths(hooked.cache), ["fwd:double"]);
  }
  x.dispose();
});

test.run();
