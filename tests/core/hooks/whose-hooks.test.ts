import { countHooks, Module, MultiHookManager } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { add, mul, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Point, Toy } from "../../support/models.ts";
import { at, takeOne } from "../../support/values.ts";

const test = suite("whose hooks fire where");

const run = (model: { call(x: Tensor): unknown }, x: number): number =>
  at(x, (input) => tidy(() => model.call(input) as Tensor));

test("hooks belong to one model: another of the same class does not see them", () => {
  const [hooked, other] = [new Point(), new Point()];
  using manager = new MultiHookManager(hooked);
  manager.register("hook_x", "fwd", (x: Tensor) => mul(x, 2));
  assert.is(run(hooked, 3), 2 * 3);
  assert.is(run(other, 3), 3);
});

test("a frozen module, and a module with a frozen part, refuse hooks and stay as they were", () => {
  for (const [frozen, name] of [
    [Object.freeze(new Point()), "Point"],
    [new Point(), "hook_x"],
  ] as const) {
    Object.freeze(frozen.hook_x);
    assert.equal(
      failure(() => new ActivationCaching("**").prepare(frozen)),
      [
        "MODEL_FROZEN",
        `${name} is frozen, so no hooks can be put on it. Leave models unfrozen, or freeze them once no context will be prepared on them any more.`,
      ],
    );
    assert.is(countHooks(frozen), 0);
    assert.is(frozen.hookSlot, null);
    assert.is(run(frozen, 3), 3);
  }
});

test("a module frozen under its hooks is let go, with nothing left that runs, and may be prepared again", () => {
  const model = new Point();
  for (const factor of [2, 5]) {
    {
      using manager = new MultiHookManager(model);
      manager.register("**", "fwd", (x: Tensor) => mul(x, factor));
      Object.freeze(model.hook_x);
      Object.freeze(model);
      assert.is(run(model, 3), factor * 3);
    }
    assert.is(countHooks(model), 0);
    assert.is(run(model, 3), 3);
  }
});

test("hooks of a model fire when it is called inside another model", () => {
  class Outer extends Module {
    readonly inner: Point = new Point();
    override forward(x: Tensor): Tensor {
      return add(this.inner.call(x), 1);
    }
  }
  const outer = new Outer();
  {
    using hooked = new ActivationCaching("hook_x").prepare(outer.inner);
    assert.is(run(outer, 3), 3 + 1);
    assert.is(hooked.cache.get(["fwd", "hook_x"]).dataSync()[0], 3);
  }
  assert.is(countHooks(outer.inner), 0);
});

test("a model and a part of it may be prepared at the same time", () => {
  class Outer extends Module {
    readonly inner: Point = new Point();
    override forward(x: Tensor): Tensor {
      return this.inner.call(this.inner.call(x));
    }
  }
  const outer = new Outer();
  using whole = new MultiHookManager(outer);
  using part = new MultiHookManager(outer.inner);
  whole.register("inner.hook_x", "fwd", (x: Tensor) => mul(x, 10));
  part.register("hook_x", "fwd", (x: Tensor) => add(x, 1));
  assert.is(run(outer, 1), (1 * 10 + 1) * 10 + 1);
  part.dispose();
  assert.is(run(outer, 1), 100);
});

test("permanent hooks stay when a context ends", () => {
  const model = new Toy();
  using manager = new MultiHookManager(model);
  manager.register("hook_mid", "fwd", (x: Tensor) => mul(x, 0));
  new ActivationCaching("**").prepare(model).dispose();
  assert.is(countHooks(model), 1);
  assert.is(run(model, 5), 0 - 4);
});

test("a factory touches no model until it prepares one, and then only that", () => {
  const factory = new ActivationCaching("hook_x");
  const [first, second] = [new Point(), new Point()];
  assert.is(countHooks(first), 0);
  using hooked = factory.prepare(first);
  using again = factory.prepare(second);
  const x = scalar(7);
  hooked.call(x).dispose();
  x.dispose();
  assert.is(hooked.cache.get(["fwd", "hook_x"]).dataSync()[0], 7);
  assert.not(again.cache.has(["fwd", "hook_x"]));
});

test("pre and post order backward chains, too", () => {
  const model = new Point();
  using hooked = new ActivationCaching("hook_x", { directions: ["bwd"] }).prepare(model);
  hooked.context.hook("hook_x", "bwd", { run: (g: Tensor) => add(g, 1), order: "pre" });
  hooked.context.hook("hook_x", "bwd", { run: (g: Tensor) => mul(g, 10), order: "pre" });
  const x = scalar(2);
  hooked.backward(() => hooked.call(x));
  x.dispose();
  assert.is(hooked.cache.get(["bwd", "hook_x"]).dataSync()[0], (1 + 1) * 10);
});

test("valueAndGradInputs sees the gradients that backward hooks leave", () => {
  const x = scalar(2);
  {
    using hooked = new ActivationCaching("hook_x").prepare(new Point());
    hooked.context.hook("hook_x", "bwd", (g: Tensor) => mul(g, 10));
    const { value, gradInputs } = hooked.valueAndGradInputs(() => hooked.call(x));
    assert.is(takeOne(value), 2);
    assert.is(gradInputs.get("hook_x").dataSync()[0], 10);
    gradInputs.dispose();
  }
  x.dispose();
});

class Pair extends Module {
  override forward(x: Tensor): readonly [Tensor, { readonly double: Tensor }] {
    return [x, { double: mul(x, 2) }];
  }
}

class OfPair extends Module {
  readonly pair: Pair = new Pair();
  override forward(x: Tensor): Tensor {
    const [same, { double }] = this.pair.call(x);
    return add(same, double);
  }
}

const HINT = "Return the same structure, shapes and dtypes, or register the hook with reshapes: true.";

test("a replacement must have the structure, also where it may reshape", () => {
  const model = new OfPair();
  for (const [wrong, got] of [
    [(x: Tensor) => x, "float32 []"],
    [(x: Tensor) => [x], "tuple (float32 [])"],
    [(x: Tensor) => [x, { single: x }], "tuple (float32 [], record { single: float32 [] })"],
    [() => null, "null"],
  ] as const) {
    using manager = new MultiHookManager(model, { name: "Experiment" });
    const hook = ([x]: readonly [Tensor]): unknown => wrong(x);
    manager.register("pair", "fwd", { run: hook, reshapes: true });
    assert.equal(
      failure(() => run(model, 1)),
      [
        "REPLACEMENT_SHAPE",
        `The fwd hook of Experiment at pair returned ${got} in place of tuple (float32 [], record { double: float32 [] }). ${HINT}`,
      ],
    );
  }
});

test("a gradient of another shape or dtype is refused with its direction", () => {
  const model = new Point();
  using hooked = new ActivationCaching("hook_x").prepare(model);
  hooked.context.hook("hook_x", "bwd_pre", () => scalar(1, "int32"));
  const x = scalar(2);
  assert.equal(
    failure(() => hooked.backward(() => hooked.call(x))),
    [
      "REPLACEMENT_SHAPE",
      `The bwd_pre hook of ActivationCaching at hook_x returned int32 [] in place of float32 []. ${HINT}`,
    ],
  );
  x.dispose();
});

test.run();
