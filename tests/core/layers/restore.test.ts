import { countHooks, HookFactory, MultiHookManager } from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { memory, mul, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { input, layers, type LayersModel, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { chain, free, nested, row } from "./models.ts";

const test = suite("restoring layers");

/** Every own property of the model, its layers and the model that a sequential builds for itself. */
function properties(built: LayersModel): readonly (readonly [object, string, PropertyDescriptor])[] {
  const inner = (built as { model?: LayersModel }).model;
  const objects: object[] = [built, ...built.layers, ...(inner === undefined ? [] : [inner])];
  for (const layer of built.layers) if ("layers" in layer) objects.push(...(layer as LayersModel).layers);
  return objects.flatMap((object) =>
    Object.entries(Object.getOwnPropertyDescriptors(object)).map(
      ([name, descriptor]) => [object, name, descriptor] as const,
    ),
  );
}

function assertSame(before: ReturnType<typeof properties>, after: ReturnType<typeof properties>): void {
  assert.equal(
    after.map(([, name]) => name),
    before.map(([, name]) => name),
  );
  for (const [i, [object, name, descriptor]] of before.entries()) {
    const [sameObject, , now] = after[i] ?? [];
    assert.is(sameObject, object);
    for (const key of ["value", "get", "set", "enumerable", "configurable", "writable"] as const)
      assert.is(now?.[key], descriptor[key], name);
  }
}

const builders = { "tf.model": chain, "tf.sequential": row, "model in a model": nested };

for (const [kind, build] of Object.entries(builders)) {
  test(`a ${kind} has the very properties it had before, and its weights`, () => {
    const built = build();
    const x = tensor2d([[1, 10]]);
    take(built.predict(x) as Tensor);
    const before = properties(built);
    const weights = built.getWeights().map((weight) => [...weight.dataSync()]);
    {
      using hooked = new ActivationCaching("**").prepare(hookLayers(built));
      take(hooked.model.predict(x) as Tensor);
    }
    assertSame(before, properties(built));
    assert.equal(
      built.getWeights().map((weight) => [...weight.dataSync()]),
      weights,
    );
    x.dispose();
    free(built);
  });

  test(`hooks on a ${kind} do not show among its enumerable fields`, () => {
    const built = build();
    const before = properties(built).filter(([, , { enumerable }]) => enumerable === true);
    {
      using _hooked = new ActivationCaching("**").prepare(hookLayers(built));
      const during = properties(built).filter(([, , { enumerable }]) => enumerable === true);
      assert.equal(
        during.map(([, name]) => name),
        before.map(([, name]) => name),
      );
    }
    free(built);
  });
}

test("a hooked model is described and saved like a bare one", () => {
  const built = nested();
  const before = [built.toJSON(), built.weights.map(({ name }) => name)];
  {
    using _hooked = new ActivationCaching("**").prepare(hookLayers(built));
    assert.equal([built.toJSON(), built.weights.map(({ name }) => name)], before);
  }
  free(built);
});

test("contexts that end first to last leave the model as before, too", () => {
  const built = chain();
  const before = properties(built);
  const first = new ActivationCaching("first").prepare(hookLayers(built));
  const second = new ActivationCaching("**").prepare(hookLayers(built));
  const third = new ActivationCaching("*", {}).prepare(hookLayers(built, { names: { first: "in" } }));
  first.dispose();
  assert.is(countHooks(hookLayers(built)), 2);
  second.dispose();
  third.dispose();
  assertSame(before, properties(built));
  free(built);
});

test("a call that the user put on a layer runs under the hooks, and stays afterwards", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  const layer = built.getLayer("second");
  const calls: string[] = [];
  const own: typeof layer.call = function (this: typeof layer, ...args) {
    calls.push("own");
    return Object.getPrototypeOf(this).call.apply(this, args) as Tensor;
  };
  layer.call = own;
  {
    using hooked = new ActivationCaching("second").prepare(hookLayers(built));
    take(hooked.model.predict(x) as Tensor);
  }
  assert.is(Reflect.get(layer, "call"), own);
  assert.equal(calls, ["own"]);
  x.dispose();
  free(built);
});

test("what somebody puts over a hooked layer's call is not taken away", () => {
  const built = chain();
  const layer = built.getLayer("second");
  const hooked = new ActivationCaching("second").prepare(hookLayers(built));
  const under = layer.call.bind(layer);
  const over: typeof layer.call = (inputs, keywords) => under(inputs, keywords);
  layer.call = over;
  hooked.dispose();
  assert.is(Reflect.get(layer, "call"), over);
  free(built);
});

test("a hook that throws while the model predicts leaves tensors and model as before", () => {
  const built = nested();
  const before = properties(built);
  const x = tensor2d([[1, 10]]);
  for (const direction of ["fwd_pre", "fwd"] as const) {
    for (const path of ["inner", "inner.first", "outer"]) {
      using manager = new MultiHookManager(hookLayers(built), { name: "Mine" });
      const cached = new ActivationCaching("**").prepare(hookLayers(built));
      manager.register(path, direction, () => {
        throw new TypeError("no");
      });
      assert.is(
        thrown(() => built.predict(x)).message,
        `The ${direction} hook of Mine at ${path} threw TypeError: no. ` +
          "The cause is the original error; hooks and tensors were cleaned up.",
      );
      cached.dispose();
    }
  }
  assertSame(before, properties(built));
  assert.equal(take(built.predict(x) as Tensor), [10 * (36 + 48)]);
  x.dispose();
  free(built);
});

test("a hook that throws while the model evaluates leaves no tensor", () => {
  const built = chain();
  built.compile({ optimizer: "sgd", loss: "meanSquaredError", metrics: ["mae"] });
  const x = tensor2d([[1, 10]]);
  const y = tensor2d([[0]]);
  using manager = new MultiHookManager(hookLayers(built));
  const handle = manager.register("second", "fwd", () => {
    throw new TypeError("no");
  });
  assert.is((thrown(() => built.evaluate(x, y)).cause as Error).message, "no");
  handle.dispose();
  for (const part of built.evaluate(x, y) as Tensor[]) part.dispose();
  x.dispose();
  y.dispose();
  free(built);
});

test("a stop hook ends a prediction at its layer, and frees what came before", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching("first").prepare(hookLayers(built));
    hooked.context.hook("first", "fwd", HookFactory.stop());
    const error = thrown(() => hooked.model.predict(x));
    assert.is((error as { code?: string }).code, "RUN_STOPPED");
    assert.equal([...hooked.cache.get(["fwd", "first"]).dataSync()], [36, 48]);
    assert.equal(hooked.tryCall(x), { stopped: true, at: "first" });
  }
  x.dispose();
  free(built);
});

test("a model that is disposed while hooked can still be let go", () => {
  const built = chain();
  const hooked = new ActivationCaching("**").prepare(hookLayers(built));
  built.dispose();
  hooked.dispose();
  assert.is(Object.hasOwn(built.layers[1] ?? {}, "call"), false);
});

test("a model and layers frozen under hooks are let go, with nothing left that runs", () => {
  const built = chain();
  const first = built.getLayer("first");
  first.call = first.call.bind(first); // which is there to go back to
  const target = hookLayers(built);
  {
    using manager = new MultiHookManager(target);
    manager.register("{first,second}", "fwd", (y: Tensor) => mul(y, 10));
    for (const part of [first, built.getLayer("second"), built]) Object.freeze(part);
  }
  assert.is(countHooks(target), 0);
  const x = tensor2d([[1, 10]]);
  assert.equal(take(built.predict(x) as Tensor), [1 + 3 * 10 + 5 + (2 * 1 + 4 * 10 + 6)]);
  x.dispose();
  free(built);
});

test("preparing fails as a whole: no hook is left when a pattern matches nothing", () => {
  const built = chain();
  const before = properties(built);
  const factory = new ActivationCaching("thrid");
  assert.is(
    thrown(() => factory.prepare(hookLayers(built))).message,
    'No site matches "thrid", among 2 sites. The nearest names are first, second. ' +
      'Correct the pattern, or pass unmatched: "ignore".',
  );
  assertSame(before, properties(built));
  free(built);
});

test("a prediction under hooks in an outer model leaves both as before", () => {
  const inner = chain();
  const x = input({ shape: [2] });
  const outer = model({ inputs: x, outputs: inner.apply(x) as SymbolicTensor });
  const before = [...properties(inner), ...properties(outer)];
  const given = tensor2d([[1, 10]]);
  {
    using _inner = new ActivationCaching("first").prepare(hookLayers(inner));
    using _outer = new ActivationCaching("**").prepare(hookLayers(outer));
    take(outer.predict(given) as Tensor);
  }
  assertSame(before, [...properties(inner), ...properties(outer)]);
  given.dispose();
  free(inner);
});

test("calling after the end is an error, with the model's other contexts untouched", async () => {
  const built = chain();
  const hooked = new ActivationCaching("first").prepare(hookLayers(built));
  hooked.dispose();
  const error = await rejected(Promise.resolve().then(() => hooked.model));
  assert.is((error as { code?: string }).code, "CONTEXT_DISPOSED");
  free(built);
});

test("what hooks replace is freed layer by layer, not at the end of the prediction", () => {
  const inputs = input({ shape: [1] });
  let outputs: SymbolicTensor = inputs;
  for (let i = 0; i < 5; i++)
    outputs = layers.activation({ activation: "relu" }).apply(outputs) as SymbolicTensor;
  const built = model({ inputs, outputs });
  const counts: number[] = [];
  using manager = new MultiHookManager(hookLayers(built));
  manager.register("**", "fwd", (value: Tensor) => {
    counts.push(memory().numTensors);
    return mul(value, 2);
  });
  const x = tensor2d([[1]]);
  assert.equal(take(built.predict(x) as Tensor), [2 ** 5]);
  assert.equal(counts.slice(1), [counts[1], counts[1], counts[1], counts[1]]);
  x.dispose();
});

test.run();
