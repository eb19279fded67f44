import {
  countHooks,
  HookFactory,
  hookFunction,
  type HookInfo,
  type Kwargs,
  kwargs,
  MultiHookManager,
  site,
} from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { add, mul, scalar, square, sub, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { at, take, takeOne } from "../../support/values.ts";
import { declared, twice } from "./models.ts";

const test = suite("hooks on functions");

const read = (value: unknown): number => (value as Tensor).dataSync()[0] ?? Number.NaN;

const keys = (cache: TensorDict): unknown[] => [...cache.keys({ nested: true, leavesOnly: true })];

test("captures land under [direction, path]; the output is owned", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("*").prepare(declared());
    assert.is(takeOne(hooked.call(x)), 2 * (25 + 3));
    assert.is(read(hooked.cache.get(["fwd", "squared"])), 25);
    assert.is(read(hooked.cache.get(["fwd", "shifted"])), 25 + 3);
  }
  x.dispose();
});

test("fwd and fwd_pre replace the value at a site", () => {
  for (const direction of ["fwd", "fwd_pre"] as const) {
    const model = declared();
    using manager = new MultiHookManager(model);
    manager.register("squared", direction, (value: Tensor) => mul(value, 10));
    assert.is(
      at(5, (x) => tidy(() => model.call(x))),
      2 * (250 + 3),
    );
  }
});

test("a function model inside has inputs, an output and keyword inputs", () => {
  const inner = hookFunction(
    (a: Tensor, b: Tensor, options: Kwargs<{ minus: boolean }>) => (options.minus ? sub(a, b) : add(a, b)),
    { name: "inner" },
  );
  const model = hookFunction((a: Tensor, b: Tensor) => inner.call(a, b, kwargs({ minus: true })), {
    sites: { inner },
  });
  const [a, b] = [scalar(7), scalar(2)];
  const run = (): number => takeOne(tidy(() => model.call(a, b)));
  using manager = new MultiHookManager(model);
  const seen: unknown[] = [];
  manager.register("inner", "fwd_kwargs", (output: Tensor, { inputs, kwargs: keyword }: HookInfo) => {
    seen.push(read(output), (inputs as Tensor[]).map(read), keyword?.["minus"]);
  });
  assert.is(run(), 7 - 2);
  using _swap = manager.register("inner", "fwd_pre", ([left, right]: Tensor[]) => [right, left]);
  assert.is(run(), 2 - 7);
  using _plus = manager.register("inner", "fwd_pre_kwargs", ({ inputs }: { inputs: unknown }) => ({
    inputs,
    kwargs: { minus: false },
  }));
  assert.is(run(), 2 + 7);
  assert.equal(seen, [5, [7, 2], true, -5, [2, 7], true, 9, [2, 7], false]);
  a.dispose();
  b.dispose();
});

test("bwd and bwd_pre see the gradients, and change what flows on upstream", () => {
  const model = hookFunction((x: Tensor) => mul(site("cube", mul(square(site("x", x)), x)), 2), {
    sites: { x: null, cube: null },
  });
  const x = scalar(3);
  using manager = new MultiHookManager(model);
  {
    using hooked = new ActivationCaching("*", { directions: ["bwd_pre", "bwd"] }).prepare(model);
    hooked.backward(() => hooked.call(x));
    assert.is(read(hooked.cache.get(["bwd_pre", "cube"])), 2);
    assert.is(read(hooked.cache.get(["bwd", "cube"])), 2);
    assert.is(read(hooked.cache.get(["bwd", "x"])), 2 * (2 * 3) * 3);
    manager.register("cube", "bwd", (g: Tensor) => mul(g, 10));
    hooked.backward(() => hooked.call(x));
    assert.is(read(hooked.cache.get(["bwd", "x"])), 10 * 2 * (2 * 3) * 3);
  }
  x.dispose();
});

test("gradients by path, of sites and of function models inside", () => {
  const model = twice();
  const x = scalar(5);
  model.discover(x);
  {
    using hooked = new ActivationCaching("block").prepare(model);
    const { value, gradInputs } = hooked.valueAndGradInputs(() => square(hooked.call(x)));
    assert.is(takeOne(value), 20 * 20);
    assert.is(read(gradInputs.get("block")), 2 * 20 * 2 * 2);
    assert.is(read(gradInputs.get("block#1")), 2 * 20 * 2);
    assert.is(read(gradInputs.get("block.out#1")), 2 * 20);
    gradInputs.dispose();
  }
  x.dispose();
});

test("tuples, records and TensorDicts pass a site as they are", () => {
  const model = hookFunction(
    (x: Tensor) => {
      const [left] = site("tuple", [x, mul(x, 2)] as const);
      const { right } = site("record", { right: mul(left, 3) });
      return right;
    },
    { sites: { tuple: null, record: null } },
  );
  const x = scalar(5);
  using manager = new MultiHookManager(model);
  manager.register("tuple", "fwd", ([a, b]: readonly [Tensor, Tensor]) => [b, a]);
  manager.register(
    "record",
    "fwd",
    HookFactory.map((tensor) => add(tensor, 1)),
  );
  {
    using hooked = new ActivationCaching("*").prepare(model);
    assert.is(takeOne(hooked.call(x)), 3 * 10 + 1);
    assert.is(read(hooked.cache.get(["fwd", "tuple", "0"])), 10);
    assert.is(read(hooked.cache.get(["fwd", "record", "right"])), 31);
  }
  x.dispose();
});

test("captures of one run patch another, by axes that were declared", () => {
  const model = hookFunction((x: Tensor) => mul(site("scaled", mul(x, 10), ["pos"]), 2), {
    sites: { scaled: ["pos"] },
  });
  const [clean, corrupt] = [tensor1d([1, 2]), tensor1d([3, 4])];
  const source = new TensorDict();
  {
    using cached = new ActivationCaching("scaled", { cache: source }).prepare(model);
    take(cached.call(clean));
  }
  {
    using patched = new ActivationPatching("scaled", { source, positions: 0 }).prepare(model);
    assert.equal(take(patched.call(corrupt)), [2 * 10, 2 * 40]);
  }
  source.dispose();
  clean.dispose();
  corrupt.dispose();
});

test("a hook that throws leaves no tensor and no model running", () => {
  const x = scalar(5);
  for (const direction of ["fwd", "fwd_pre"] as const) {
    const model = declared();
    using manager = new MultiHookManager(model, { name: "Mine" });
    using hooked = new ActivationCaching("*").prepare(model);
    manager.register("shifted", direction, () => {
      throw new TypeError("no");
    });
    assert.is(
      thrown(() => hooked.call(x)).message,
      `The ${direction} hook of Mine at shifted threw TypeError: no. ` +
        "The cause is the original error; hooks and tensors were cleaned up.",
    );
    assert.is(site("shifted", 1), 1);
  }
  x.dispose();
});

test("a backward hook that throws leaves no tensor", () => {
  const x = scalar(5);
  {
    const model = declared();
    using hooked = new ActivationCaching("*").prepare(model);
    hooked.context.hook("squared", "bwd", () => {
      throw new TypeError("no");
    });
    assert.match(thrown(() => hooked.backward(() => hooked.call(x))).message, "at squared threw TypeError");
  }
  x.dispose();
});

test("a stop hook ends the run at its site", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("*").prepare(declared());
    hooked.context.hook("squared", "fwd", HookFactory.stop());
    assert.equal(hooked.tryCall(x), { stopped: true, at: "squared" });
    assert.equal(keys(hooked.cache), [["fwd", "squared"]]);
    assert.equal(hooked.unfired, ["shifted"]);
  }
  x.dispose();
});

test("hooks fire on every call of the model, and none is left after the end", () => {
  const model = declared();
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("*").prepare(model);
    assert.is(takeOne(tidy(() => model.call(x))), 56);
    assert.is(keys(hooked.cache).length, 2);
    hooked.disabled(() => takeOne(tidy(() => model.call(x))));
    assert.is(countHooks(model), 2);
  }
  assert.is(countHooks(model), 0);
  assert.is(model.hookSlot, null);
  assert.ok([...model.places.values()].every(({ hookSlot }) => hookSlot === null));
  x.dispose();
});

test.run();
