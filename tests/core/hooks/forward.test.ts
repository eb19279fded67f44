import {
  countHooks,
  HookFactory,
  type HookInfo,
  kwargs,
  type Kwargs,
  Module,
  MultiHookManager,
} from "@hookdict/core";
import { add, mul, scalar, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { Point, Repeat, Toy } from "../../support/models.ts";
import { at } from "../../support/values.ts";

const test = suite("forward hooks");

const run = (model: { call(x: Tensor): unknown }, x: number): number =>
  at(x, (input) => tidy(() => model.call(input) as Tensor));

test("x=1 through ×2, +1 and a prepended ×10 gives 21", () => {
  const model = new Point();
  using manager = new MultiHookManager(model);
  manager.register("hook_x", "fwd", (x: Tensor) => mul(x, 2));
  manager.register("hook_x", "fwd", (x: Tensor) => add(x, 1));
  manager.register("hook_x", "fwd", { run: (x: Tensor) => mul(x, 10), order: "pre" });
  assert.is(run(model, 1), 1 * 10 * 2 + 1);
});

test("post runs last whatever the order of registration", () => {
  const model = new Point();
  using manager = new MultiHookManager(model);
  manager.register("hook_x", "fwd", { run: (x: Tensor) => mul(x, 10), order: "post" });
  manager.register("hook_x", "fwd", (x: Tensor) => add(x, 1));
  assert.is(run(model, 1), (1 + 1) * 10);
});

test("the toy model gives 5, 25, 28, 784 and 780", () => {
  const model = new Toy();
  const seen: number[] = [];
  using manager = new MultiHookManager(model);
  manager.register(
    "hook_*",
    "fwd",
    HookFactory.observe((x: Tensor) => seen.push(...x.dataSync())),
  );
  assert.is(run(model, 5), (5 ** 2 + 3) ** 2 - 4);
  assert.equal(seen, [5, 5 ** 2, 5 ** 2 + 3, (5 ** 2 + 3) ** 2, (5 ** 2 + 3) ** 2 - 4]);
});

test("replacing the second square by 0 gives −4", () => {
  const model = new Toy();
  const zero = scalar(0);
  {
    using manager = new MultiHookManager(model);
    manager.register("second", "fwd", HookFactory.replace(zero));
    assert.is(run(model, 5), 0 - 4);
  }
  assert.is(run(model, 5), 780);
  zero.dispose();
});

test("a forward pre hook replaces the input of a submodule", () => {
  const model = new Toy();
  using manager = new MultiHookManager(model);
  manager.register("second", "fwd_pre", (x: Tensor) => mul(x, 0));
  assert.is(run(model, 5), 0 ** 2 - 4);
});

test("an observer's result is ignored", () => {
  const model = new Point();
  using manager = new MultiHookManager(model);
  manager.register(
    "hook_x",
    "fwd",
    HookFactory.observe((x: Tensor) => mul(x, 2)),
  );
  assert.is(run(model, 1), 1);
});

test("a shared module is one site that runs several times, numbered from 0", () => {
  const model = new Repeat(3);
  const passes: number[] = [];
  using manager = new MultiHookManager(model);
  manager.register(
    "double",
    "fwd",
    HookFactory.observe((_: Tensor, info: HookInfo) => passes.push(info.pass)),
  );
  assert.is(run(model, 1), 2 ** 3);
  run(model, 1);
  assert.equal(passes, [0, 1, 2, 0, 1, 2]);
});

test("keyword inputs are seen and replaced in the kwargs directions only", () => {
  class Scaled extends Module {
    override forward(x: Tensor, options?: Kwargs<{ by: number }>): Tensor {
      return mul(x, options?.by ?? 1);
    }
  }
  class Outer extends Module {
    readonly inner: Scaled = new Scaled();
    override forward(x: Tensor): Tensor {
      return this.inner.call(x, kwargs({ by: 3 }));
    }
  }
  const model = new Outer();
  using manager = new MultiHookManager(model);
  const seen: unknown[] = [];
  manager.register(
    "inner",
    "fwd_pre",
    HookFactory.observe((_: Tensor, info: HookInfo) => seen.push(info.kwargs)),
  );
  manager.register(
    "inner",
    "fwd_kwargs",
    HookFactory.observe((_: Tensor, info: HookInfo) => seen.push(info.kwargs?.["by"])),
  );
  manager.register("inner", "fwd_pre_kwargs", ({ inputs }: { inputs: Tensor }) => ({
    inputs,
    kwargs: { by: 5 },
  }));
  assert.is(run(model, 2), 2 * 5);
  assert.equal(seen, [undefined, 5]);
});

test("several inputs are a tuple, and a record output keeps its keys", () => {
  class Pair extends Module {
    override forward(a: Tensor, b: Tensor): { sum: Tensor; product: Tensor } {
      return { sum: add(a, b), product: mul(a, b) };
    }
  }
  class Outer extends Module {
    readonly pair: Pair = new Pair();
    override forward(x: Tensor): Tensor {
      const { sum, product } = this.pair.call(x, scalar(10));
      return add(sum, product);
    }
  }
  const model = new Outer();
  using manager = new MultiHookManager(model);
  manager.register("pair", "fwd_pre", ([a, b]: [Tensor, Tensor]) => [add(a, 1), b]);
  manager.register("pair", "fwd", ({ sum, product }: { sum: Tensor; product: Tensor }) => ({
    sum: mul(sum, 0),
    product,
  }));
  assert.is(run(model, 2), 0 + (2 + 1) * 10);
});

test("a hook that declares reshapes may change the shape", () => {
  const model = new Point();
  using manager = new MultiHookManager(model);
  manager.register("hook_x", "fwd", { run: () => tensor1d([7, 8]), reshapes: true });
  assert.is(run(model, 1), 7);
});

test("a hook added during a call takes effect at the next, one removed at once", () => {
  const model = new Toy();
  using manager = new MultiHookManager(model);
  const seen: string[] = [];
  const late = manager.register(
    "hook_out",
    "fwd",
    HookFactory.observe(() => seen.push("late")),
  );
  manager.register(
    "hook_x",
    "fwd",
    HookFactory.observe(() => {
      late.dispose();
      if (seen.length === 0)
        manager.register(
          "hook_mid",
          "fwd",
          HookFactory.observe(() => seen.push("added")),
        );
      seen.push("first");
    }),
  );
  run(model, 1);
  assert.equal(seen, ["first"]);
  run(model, 1);
  assert.equal(seen, ["first", "first", "added"]);
});

test("a hook that calls the model does not fire inside itself", () => {
  const model = new Point();
  using manager = new MultiHookManager(model);
  let depth = 0;
  manager.register("hook_x", "fwd", (x: Tensor) => {
    depth++;
    return add(model.call(x), 1);
  });
  assert.is(run(model, 1), 2);
  assert.is(depth, 1);
});

test("a hook that calls the model leaves the numbers of the outer calls alone", () => {
  const model = new Repeat(2);
  using manager = new MultiHookManager(model);
  const seen: number[] = [];
  let isNested = false;
  manager.register("double", "fwd_pre", (x: Tensor) => {
    if (!isNested) {
      isNested = true;
      model.call(x);
    }
  });
  manager.register("double", "fwd", (_: Tensor, { pass }) => void seen.push(pass));
  assert.is(run(model, 1), 2 ** 2);
  assert.equal(seen, [1, 2, 0, 3]);
});

test("a module that calls itself is numbered in the order in which its runs begin", () => {
  class Countdown extends Module {
    override forward(x: Tensor, left: number): Tensor {
      const self: Countdown = this; // `call` is typed by it
      return left === 0 ? x : mul(self.call(x, left - 1), 2);
    }
  }
  class Outer extends Module {
    readonly inner: Countdown = new Countdown();
    override forward(x: Tensor): Tensor {
      return this.inner.call(x, 2);
    }
  }
  const model = new Outer();
  using manager = new MultiHookManager(model);
  const seen: [pass: number, value: number][] = [];
  manager.register("inner", "fwd", (x: Tensor, { pass }) => void seen.push([pass, x.dataSync()[0] ?? 0]));
  assert.is(run(model, 3), 3 * 2 * 2);
  assert.equal(seen, [
    [2, 3],
    [1, 3 * 2],
    [0, 3 * 2 * 2],
  ]);
});

test("handles count and remove exactly their hook, twice being nothing", () => {
  const model = new Toy();
  const manager = new MultiHookManager(model);
  const a = manager.register("hook_*", "fwd", () => undefined);
  const b = manager.register("hook_x", "fwd_pre", () => undefined);
  assert.is(countHooks(model), 5 + 1);
  assert.equal(b.concat(a).paths, ["hook_x", ...a.paths]);
  a.dispose();
  a.dispose();
  assert.is(countHooks(model), 1);
  b.dispose();
  assert.is(countHooks(model), 0);
  assert.is(model.hookSlot, null);
});

test.run();
