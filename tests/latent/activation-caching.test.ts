import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { add, mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Repeat, Toy } from "../support/models.ts";

const test = suite("ActivationCaching");
const paths = (cache: TensorDict): string[] =>
  [...cache.keys({ nested: true, leavesOnly: true })].map((key) => [...key].join(":"));

test("a site called three times gives three captures", () => {
  const model = new Repeat(3);
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("double", { directions: ["fwd_pre", "fwd"] }).prepare(model);
    hooked.call(x).dispose();
    const values = (direction: string): number[] =>
      ["double", "double#1", "double#2"].map(
        (path) => hooked.cache.get([direction, path]).dataSync()[0] ?? NaN,
      );
    assert.equal(values("fwd"), [2, 4, 8]);
    assert.equal(values("fwd_pre"), [1, 2, 4]);
  }
  x.dispose();
});

test("passes keeps the first or the last of several runs", () => {
  const x = scalar(1);
  for (const [passes, value] of [
    ["first", 2],
    ["last", 8],
  ] as const) {
    using hooked = new ActivationCaching("double", { passes }).prepare(new Repeat(3));
    hooked.call(x).dispose();
    assert.equal(paths(hooked.cache), ["fwd:double"]);
    assert.is(hooked.cache.get(["fwd", "double"]).dataSync()[0], value);
  }
  x.dispose();
});

test("a new call starts afresh, unless the cache is not cleared", () => {
  const x = scalar(1);
  {
    using fresh = new ActivationCaching("double").prepare(new Repeat(1));
    fresh.call(x).dispose();
    fresh.call(x).dispose();
    assert.equal(paths(fresh.cache), ["fwd:double"]);
    using grown = new ActivationCaching("double", { clearCache: false }).prepare(new Repeat(2));
    grown.call(x).dispose();
    grown.call(x).dispose();
    assert.equal(paths(grown.cache), ["fwd:double", "fwd:double#1", "fwd:double#2", "fwd:double#3"]);
  }
  x.dispose();
});

test("a capture never changes afterwards", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("hook_first").prepare(new Toy());
    const output = hooked.call(x);
    output.dispose();
    assert.equal([...hooked.cache.get(["fwd", "hook_first"]).dataSync()], [25]);
  }
  x.dispose();
});

test("a callback stores what it returns, and its intermediates are freed", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("hook_*", {
      callback: (value: Tensor, info) => (info.site.path === "hook_mid" ? add(mul(value, 2), 1) : undefined),
    }).prepare(new Toy());
    hooked.call(x).dispose();
    assert.equal(paths(hooked.cache), ["fwd:hook_mid"]);
    assert.is(hooked.cache.get(["fwd", "hook_mid"]).dataSync()[0], 2 * 28 + 1);
  }
  x.dispose();
});

test("relative looks below a submodule, and keys start there", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("hook_*", { relative: "second" }).prepare(new Toy());
    hooked.call(x).dispose();
    assert.equal(paths(hooked.cache), ["fwd:hook_in"]);
    assert.is(hooked.cache.get(["fwd", "hook_in"]).dataSync()[0], 28);
  }
  x.dispose();
});

test("a given cache is filled and stays its owner's", () => {
  const x = scalar(5);
  const cache = new TensorDict();
  {
    using hooked = new ActivationCaching("hook_out", { cache }).prepare(new Toy());
    hooked.call(x).dispose();
  }
  assert.is(cache.get(["fwd", "hook_out"]).dataSync()[0], 780);
  cache.dispose();
  x.dispose();
});

test("a given cache that refuses a capture leaves no tensor behind", () => {
  const x = scalar(5);
  const cache = new TensorDict().lock();
  {
    using hooked = new ActivationCaching("hook_first", { cache }).prepare(new Toy());
    assert.is(
      thrown(() => hooked.call(x)).message,
      "The fwd hook of ActivationCaching at hook_first threw LifetimeError: set was called on a locked TensorDict. " +
        "Call unlock() on the outermost one first, or change a clone(). The cause is the original error; hooks and tensors were cleaned up.",
    );
  }
  cache.dispose();
  x.dispose();
});

test("what a callback makes of a value is stored as it is, a promise is an error", () => {
  const x = scalar(5);
  {
    using numbers = new ActivationCaching("hook_first", {
      callback: (value: Tensor) => value.dataSync(),
    }).prepare(new Toy());
    numbers.call(x).dispose();
    assert.equal(numbers.cache.get(["fwd", "hook_first"]), new Float32Array([5 ** 2]));
    using late = new ActivationCaching("hook_first", {
      callback: (value: Tensor) => value.data(),
    }).prepare(new Toy());
    assert.is((thrown(() => late.call(x)) as { code?: string }).code, "HOOK_ASYNC");
  }
  x.dispose();
});

test("after a given cache was taken, the context goes on with its own", () => {
  const x = scalar(5);
  const cache = new TensorDict();
  {
    using hooked = new ActivationCaching("hook_first", { cache }).prepare(new Toy());
    hooked.call(x).dispose();
    assert.is(hooked.takeCache(), cache);
    hooked.call(x).dispose();
    assert.equal(paths(hooked.cache), ["fwd:hook_first"]);
    assert.ok(hooked.cache !== cache);
  }
  assert.equal(paths(cache), ["fwd:hook_first"]);
  cache.dispose();
  x.dispose();
});

test("factories print and compare by what they describe", () => {
  const factory = new ActivationCaching(["blocks.*", "!blocks.0"], { passes: "first" });
  assert.is(String(factory), 'ActivationCaching(pattern: ["blocks.*", "!blocks.0"], passes: "first")');
  assert.ok(factory.equals(new ActivationCaching(["blocks.*", "!blocks.0"], { passes: "first" })));
  assert.not(factory.equals(new ActivationCaching(["blocks.*"], { passes: "first" })));
});

test("factories with different functions or caches are not equal", () => {
  using cache = new TensorDict();
  using other = new TensorDict();
  const caching = new ActivationCaching("a", { cache });
  assert.ok(caching.equals(new ActivationCaching("a", { cache })));
  assert.not(caching.equals(new ActivationCaching("a", { cache: other })));
  assert.not(new ActivationCaching(() => true).equals(new ActivationCaching(() => false)));
});

test("options that plain JavaScript gets wrong are errors at once", () => {
  const caching = (options: object): unknown => new ActivationCaching("**", options);
  assert.equal(
    failure(() => caching({ passes: "some" })),
    ["OPTION_INVALID", 'The option passes of ActivationCaching is "some". Give "all", "first" or "last".'],
  );
  assert.equal(
    failure(() => caching({ directions: [] })),
    [
      "OPTION_INVALID",
      'The option directions of ActivationCaching is []. Give a list of directions, such as ["fwd", "bwd"].',
    ],
  );
  assert.is(failure(() => caching({ direction: "bwd" }))[0], "OPTION_UNKNOWN");
});

test.run();
