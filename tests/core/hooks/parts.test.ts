import { hookFunction, HookPoint, Module, MultiHookManager, site } from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { layers, model as buildModel, sequential } from "@tensorflow/tfjs-layers";
import { mul, scalar, square, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Toy } from "../../support/models.ts";

const test = suite("parts of a model");

const keys = (cache: { keys(options: object): Iterable<unknown> }): unknown =>
  [...cache.keys({ nested: true, leavesOnly: true })].map((key) => (key as readonly string[]).join(":"));

test("a part that is called outside of a run is bare: no hook fires, nothing is cleared", () => {
  const model = new Toy();
  const x = scalar(5);
  using hooked = new ActivationCaching("{hook_x,first.hook_in}").prepare(model);
  let fired = 0;
  hooked.context.hook("first", "fwd", (value: Tensor) => {
    fired++;
    return mul(value, 2);
  });
  hooked.call(x).dispose();
  assert.is(
    tidy(() => model.first.call(x).dataSync()[0]),
    25,
  );
  assert.is(fired, 1);
  assert.equal(keys(hooked.cache), ["fwd:hook_x", "fwd:first.hook_in"]);
  x.dispose();
});

test("a part may be given what the cache holds", () => {
  const model = new Toy();
  const x = scalar(5);
  using hooked = new ActivationCaching("{hook_x,first.hook_in}").prepare(model);
  hooked.call(x).dispose();
  assert.is(
    tidy(() => model.first.call(hooked.cache.get(["fwd", "hook_x"])).dataSync()[0]),
    25,
  );
  assert.is(hooked.cache.get(["fwd", "hook_x"]).dataSync()[0], 5);
  x.dispose();
});

test("a context on the part itself works in the part's own runs, and only in them does it clear", () => {
  const model = new Toy();
  const x = scalar(3);
  using whole = new ActivationCaching("first.hook_in").prepare(model);
  using part = new ActivationCaching("hook_in").prepare(model.first);
  whole.call(x).dispose();
  const two = scalar(2);
  part.call(two).dispose();
  assert.is(whole.cache.get(["fwd", "first.hook_in"]).dataSync()[0], 3);
  assert.is(part.cache.get(["fwd", "hook_in"]).dataSync()[0], 2);
  x.dispose();
  two.dispose();
});

test("during makes parts one run, whose captures add up", () => {
  const model = new Toy();
  const x = scalar(3);
  using hooked = new ActivationCaching("first.hook_in").prepare(model);
  let runs = 0;
  hooked.events.on("run:started", () => runs++);
  const y = hooked.during(() => tidy(() => model.first.call(model.first.call(x))));
  assert.is(y.dataSync()[0], 81);
  assert.equal([runs, keys(hooked.cache)], [1, ["fwd:first.hook_in", "fwd:first.hook_in#1"]]);
  x.dispose();
  y.dispose();
});

test("duringAsync makes all that runs meanwhile one run", async () => {
  const model = new Toy();
  const x = scalar(3);
  using hooked = new ActivationCaching("first.hook_in").prepare(model);
  await hooked.duringAsync(async () => {
    tidy(() => void model.first.call(x));
    await Promise.resolve();
    tidy(() => void model.first.call(x));
    hooked.call(x).dispose();
    await hooked.duringAsync(async () => tidy(() => void model.first.call(x)));
  });
  const expected = [0, 1, 2, 3].map((pass) => `fwd:first.hook_in${pass === 0 ? "" : `#${pass}`}`);
  assert.equal(keys(hooked.cache), expected);
  x.dispose();
});

const block = (model: object, x: Tensor): Tensor => (model as { call(x: Tensor): Tensor }).call(x); // `this` types are opaque

test("a model's own entry points open runs, for every context on it", async () => {
  class Generator extends Module {
    readonly hook_a: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return square(this.hook_a.call(x));
    }
    twice(x: Tensor): Tensor {
      return this.during(() => tidy(() => block(this, block(this, x))));
    }
    async later(x: Tensor): Promise<Tensor> {
      return this.duringAsync(async () => tidy(() => block(this, block(this, x))));
    }
  }
  const model = new Generator();
  const x = scalar(2);
  model.twice(x).dispose();
  using one = new ActivationCaching("hook_a").prepare(model);
  using two = new ActivationCaching("hook_a").prepare(one);
  for (const run of [async (): Promise<Tensor> => model.twice(x), async () => model.later(x)]) {
    (await run()).dispose();
    for (const { cache } of [one, two]) assert.equal(keys(cache), ["fwd:hook_a", "fwd:hook_a#1"]);
  }
  x.dispose();
});

test("a promise given to during is refused with its cure", async () => {
  using hooked = new ActivationCaching("first").prepare(new Toy());
  assert.equal(
    failure(() => hooked.during(async () => rejected(Promise.reject(new Error("mine"))))),
    [
      "RUN_ASYNC",
      "The function given to during() returned a promise, so the run has ended before it is done. Call duringAsync() and await it.",
    ],
  );
});

test("a function inside a function model is bare when it is called alone", () => {
  const inner = hookFunction((x: Tensor) => site("sum", square(x)), { name: "inner" });
  const outer = hookFunction((x: Tensor) => inner.call(x), { sites: { inner } });
  const x = scalar(3);
  outer.discover(x);
  using hooked = new ActivationCaching("**.sum").prepare(outer);
  hooked.call(x).dispose();
  tidy(() => void inner.call(x));
  assert.equal(keys(hooked.cache), ["fwd:inner.sum"]);
  x.dispose();
});

test("a tf.model built from layers of a hooked model is bare", () => {
  const first = layers.dense({ units: 2, name: "first", inputShape: [2] });
  const built = sequential({ layers: [first, layers.dense({ units: 1, name: "second" })] });
  const part = buildModel({ inputs: built.inputs, outputs: first.output });
  const x = tensor2d([[1, 2]]);
  {
    using hooked = new ActivationCaching("**").prepare(hookLayers(built));
    hooked.call(x).dispose();
    const before = hooked.cache.size;
    let fired = 0;
    hooked.context.hook("first", "fwd", () => void fired++);
    (part.predict(x) as Tensor).dispose();
    assert.equal([fired, hooked.cache.size], [0, before]);
  }
  built.dispose();
  x.dispose();
});

test("permanent hooks on a part called alone do not fire either", () => {
  const model = new Toy();
  const x = scalar(3);
  using manager = new MultiHookManager(model);
  let fired = 0;
  manager.register("first", "fwd", () => void fired++);
  tidy(() => void model.first.call(x));
  tidy(() => void model.call(x));
  assert.is(fired, 1);
  x.dispose();
});

test.run();
