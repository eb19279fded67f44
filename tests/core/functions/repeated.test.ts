import type { TensorDict } from "@hookdict/tensordict";
import { type FunctionModel, hookFunction, MultiHookManager, site } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { add, mul, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take, takeOne } from "../../support/values.ts";
import { declared, twice } from "./models.ts";

const test = suite("functions that run several times, or inside each other");

const read = (value: unknown): number => (value as Tensor).dataSync()[0] ?? Number.NaN;

const keys = (cache: TensorDict): unknown[] => [...cache.keys({ nested: true, leavesOnly: true })];

test("a site in a loop is captured as hidden, hidden#1, hidden#2", () => {
  const model = hookFunction(
    (x: Tensor) => {
      let h = x;
      for (let step = 0; step < 3; step++) h = site("hidden", mul(h, 2));
      return h;
    },
    { sites: { hidden: null } },
  );
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("hidden").prepare(model);
    for (let repeat = 0; repeat < 2; repeat++) assert.is(takeOne(hooked.call(x)), 40);
    assert.equal(keys(hooked.cache), [
      ["fwd", "hidden"],
      ["fwd", "hidden#1"],
      ["fwd", "hidden#2"],
    ]);
    assert.is(read(hooked.cache.get(["fwd", "hidden#2"])), 40);
  }
  x.dispose();
});

test("a function model that is called twice inside is captured twice, with what is in it", () => {
  const model = twice();
  const x = scalar(5);
  model.discover(x);
  {
    using hooked = new ActivationCaching("**").prepare(model);
    take(hooked.call(x));
    const value = (path: string): number => read(hooked.cache.get(["fwd", path]));
    assert.equal(["block", "block#1"].map(value), [10, 20]);
    assert.equal(["block.in", "block.in#1"].map(value), [5, 10]);
  }
  x.dispose();
});

test("hooks on the inner model and on the outer one share its sites", () => {
  const inner = hookFunction((x: Tensor) => site("value", mul(x, 2)), {
    name: "inner",
    sites: { value: null },
  });
  const outer = hookFunction((x: Tensor) => inner.call(x), { sites: { inner } });
  const x = scalar(5);
  {
    using inside = new ActivationCaching("value").prepare(inner);
    using outside = new ActivationCaching("inner.value").prepare(outer);
    take(outside.call(x));
    assert.is(read(inside.cache.get(["fwd", "value"])), 10);
    assert.is(read(outside.cache.get(["fwd", "inner.value"])), 10);
    take(inside.call(x));
    assert.equal(keys(inside.cache), [["fwd", "value"]]);
  }
  x.dispose();
});

test("a hook may call the model; its own hook does not fire inside itself", () => {
  const model = declared();
  const x = scalar(5);
  let fired = 0;
  using manager = new MultiHookManager(model);
  manager.register("squared", "fwd", (value: Tensor) => {
    fired++;
    return add(value, model.call(value));
  });
  assert.is(takeOne(tidy(() => model.call(x))), 2 * (25 + 2 * (25 * 25 + 3) + 3));
  assert.is(fired, 1);
  x.dispose();
});

test("what a hook calls is no part of the model", () => {
  const probe = hookFunction((value: Tensor) => site("probed", mul(value, 1)), { name: "shifted" });
  const model = declared();
  const x = scalar(5);
  using manager = new MultiHookManager(model);
  manager.register("*", "fwd", (value: Tensor) => {
    site("inside#1", probe.call(value));
  });
  assert.is(takeOne(tidy(() => model.call(x))), 56);
  assert.equal([...model.places.keys()], ["squared", "shifted"]);
  x.dispose();
});

test("what a hook on a function model inside calls is no part of it, either", () => {
  const model = twice();
  const probe = hookFunction((value: Tensor) => value, { name: "probe" });
  const x = scalar(5);
  using manager = new MultiHookManager(model);
  for (const direction of ["fwd", "fwd_pre"] as const) {
    manager.register("block", direction, (value: Tensor) => void probe.call(value));
  }
  model.discover(x);
  assert.equal([...model.places.keys()], ["block"]);
  x.dispose();
});

test("recursion counts the sites of all depths in one run", () => {
  const power: FunctionModel<[Tensor, number], Tensor> = hookFunction(
    (x: Tensor, n: number): Tensor => (n === 0 ? x : power.call(site("doubled", mul(x, 2)), n - 1)),
    { sites: { doubled: null } },
  );
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("doubled").prepare(power);
    assert.is(takeOne(hooked.call(x, 3)), 8);
    assert.is(read(hooked.cache.get(["fwd", "doubled#2"])), 8);
  }
  x.dispose();
});

test.run();
