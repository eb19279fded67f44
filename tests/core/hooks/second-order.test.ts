import { HookPoint, hookFunction, Module, MultiHookManager, site } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { runWithCache, runWithHooks } from "@hookdict/contexts";
import { add, grad, mul, ones, pow, scalar, square, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { chain } from "../graph/models.ts";

const test = suite("gradients of gradients");

/** x → x³ through a point, + x³ beside it. */
class Cubes extends Module {
  readonly hook_a: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return add(pow(this.hook_a.call(x), 3), pow(x, 3));
  }
}

/** x → x³ through the point alone. */
class Cube extends Module {
  readonly hook_a: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return pow(this.hook_a.call(x), 3);
  }
}

const second = (f: (x: Tensor) => Tensor, at: number): number =>
  tidy(() => grad((y: Tensor) => grad(f)(y))(scalar(at)).dataSync()[0] ?? Number.NaN);

for (const direction of ["bwd", "bwd_pre"] as const) {
  test(`a ${direction} hook that only looks leaves second-order gradients as they are`, () => {
    for (const [model, expected] of [
      [new Cubes(), 6 * 2 + 6 * 2],
      [new Cube(), 6 * 2],
    ] as const) {
      using manager = new MultiHookManager(model);
      const seen: number[] = [];
      manager.register("hook_a", direction, (g: Tensor) => void seen.push(g.size));
      assert.is(Math.round(second((x) => model.call(x), 2)), expected);
      assert.ok(seen.length > 0);
    }
  });

  test(`a ${direction} hook that scales is differentiated like the rest`, () => {
    const model = new Cube();
    using manager = new MultiHookManager(model);
    manager.register("hook_a", direction, (g: Tensor) => mul(g, 5));
    // The first gradient is 5·3x² as a function of x; its own flows through the tap again, and is scaled again.
    assert.is(Math.round(second((x) => model.call(x), 2)), 5 * 5 * 6 * 2);
  });
}

test("a gradient penalty comes out right on modules and functions", () => {
  const fn = hookFunction((x: Tensor) => site("cube", pow(x, 3)), { sites: { cube: null } });
  for (const model of [fn, new Cube()]) {
    using manager = new MultiHookManager(model);
    manager.register(model === fn ? "cube" : "hook_a", "bwd", () => undefined);
    const call = (x: Tensor): Tensor => (model as Cube).call(x);
    const penalty = (x: Tensor): Tensor => square(grad(call)(x));
    // (3x²)² has the gradient 36x³.
    assert.is(Math.round(tidy(() => grad(penalty)(scalar(2)).dataSync()[0] ?? 0)), 36 * 8);
  }
});

test("a bwd hook may take a gradient of its own", () => {
  const model = new Cube();
  using manager = new MultiHookManager(model);
  manager.register("hook_a", "bwd", (g: Tensor) => mul(g, grad((x: Tensor) => square(x))(scalar(3))));
  assert.is(Math.round(tidy(() => grad((x: Tensor) => model.call(x))(scalar(2)).dataSync()[0] ?? 0)), 12 * 6);
});

test("a bwd hook whose own gradient fails leaves nothing, and the error is the hook's", () => {
  const model = new Cube();
  const x = scalar(2);
  using manager = new MultiHookManager(model);
  manager.register("hook_a", "bwd", () => {
    grad((y: Tensor) => {
      mul(square(y), 2);
      throw new RangeError("mine");
    })(scalar(3));
  });
  const error = thrown(() => tidy(() => grad((y: Tensor) => model.call(y))(x)));
  assert.is((error as { code?: string }).code, "HOOK_THREW");
  x.dispose();
});

test("runWithCache and runWithHooks with a loss stay in the gradient around them", () => {
  const model = new Cube();
  const runs: readonly ((y: Tensor) => Tensor)[] = [
    (y) => {
      const { output, cache } = runWithCache(model, [y], { loss: (o: Tensor) => mul(o, 1) });
      cache.dispose();
      return output;
    },
    (y) => runWithHooks(model, [y], [["hook_a", "bwd", () => undefined]], { loss: (o: Tensor) => mul(o, 1) }),
  ];
  for (const run of runs)
    assert.is(
      Math.round(tidy(() => grad((y: Tensor) => add(run(y), y))(scalar(2)).dataSync()[0] ?? 0)),
      12 + 1,
    );
});

test("the loss may be the output itself", () => {
  const model = new Cube();
  const x = scalar(2);
  const { output, cache } = runWithCache(model, [x], { loss: (o: Tensor) => o });
  assert.is(Math.round(output.dataSync()[0] ?? 0), 8);
  assert.is(cache.get<Tensor>(["bwd_pre", "hook_a"]).dataSync()[0], 12);
  for (const owned of [x, output, cache]) owned.dispose();
});

test("second-order gradients pass a graph's hooked nodes", () => {
  const model = chain();
  {
    using manager = new MultiHookManager(hookGraph(model));
    manager.register("block.*", "bwd", () => undefined);
    manager.register("block.*", "bwd_pre", () => undefined);
    // out = (2x + 1)·2x twice, so the second derivative is 2·8.
    assert.is(Math.round(second((x) => sum(model.predict(mul(x, ones([2]))) as Tensor), 3)), 2 * 8);
  }
  model.dispose();
});

test.run();
