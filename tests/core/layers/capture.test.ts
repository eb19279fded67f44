import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { mul, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { chain, free, nested, row, setWeights } from "./models.ts";

const test = suite("captures of layers");

const values = (tensor: unknown): number[] => [...(tensor as Tensor).dataSync()];

const first = (a: number, b: number): number[] => [a + 3 * b + 5, 2 * a + 4 * b + 6];

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

test("a listener that throws at the end of a prediction leaves no output behind", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching("first").prepare(hookLayers(built));
    hooked.events.on("run:finished", () => {
      throw new Error("listener");
    });
    assert.throws(() => built.predict(x), "listener");
  }
  x.dispose();
  free(built);
});

test("a hook that predicts leaves the numbers of the outer calls alone", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching("first").prepare(hookLayers(built));
    let isNested = false;
    hooked.context.hook("first", "fwd_pre", () => {
      if (isNested) return;
      isNested = true;
      take(built.predict(mul(x, 2)) as Tensor);
    });
    take(hooked.call(x));
    assert.equal(values(hooked.cache.get(["fwd", "first"])), first(1, 10));
    assert.equal(values(hooked.cache.get(["fwd", "first#1"])), first(2, 20));
  }
  x.dispose();
  free(built);
});

for (const [kind, build] of Object.entries({ "tf.model": chain, "tf.sequential": row })) {
  test(`calling a hooked ${kind} captures, and returns the output owned`, () => {
    const built = build();
    const x = tensor2d([[1, 10]]);
    {
      using hooked = new ActivationCaching("**").prepare(hookLayers(built));
      assert.equal(take(hooked.call(x)), [total(first(1, 10))]);
      assert.equal(values(hooked.cache.get(["fwd", "first"])), first(1, 10));
      assert.equal(values(hooked.cache.get(["fwd", "second"])), [total(first(1, 10))]);
    }
    x.dispose();
    free(built);
  });

  test(`predict of a ${kind} frees intermediates; captures survive it`, () => {
    const built = build();
    const x = tensor2d([[1, 10]]);
    {
      using hooked = new ActivationCaching("first").prepare(hookLayers(built));
      assert.equal(take(hooked.model.predict(x) as Tensor), [total(first(1, 10))]);
      assert.equal(values(hooked.cache.get(["fwd", "first"])), first(1, 10));
    }
    x.dispose();
    free(built);
  });

  test(`a prediction of a ${kind} in several batches is one run: first, first#1, ...`, () => {
    const built = build();
    const x = tensor2d([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    {
      using hooked = new ActivationCaching("first").prepare(hookLayers(built));
      for (let repeat = 0; repeat < 2; repeat++) take(hooked.model.predict(x, { batchSize: 2 }) as Tensor);
      assert.equal(
        [...hooked.cache.keys({ nested: true, leavesOnly: true })],
        [
          ["fwd", "first"],
          ["fwd", "first#1"],
        ],
      );
      assert.equal(values(hooked.cache.get(["fwd", "first"])), [...first(1, 10), ...first(2, 20)]);
      assert.equal(values(hooked.cache.get(["fwd", "first#1"])), first(3, 30));
    }
    x.dispose();
    free(built);
  });

  test(`predictOnBatch of a ${kind} is one run`, () => {
    const built = build();
    const x = tensor2d([[1, 10]]);
    {
      using hooked = new ActivationCaching("first").prepare(hookLayers(built));
      take(hooked.model.predictOnBatch(x) as Tensor);
      assert.equal(values(hooked.cache.get(["fwd", "first"])), first(1, 10));
    }
    x.dispose();
    free(built);
  });

  test(`evaluate of a ${kind} is one run over its batches`, () => {
    const built = build();
    built.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    const x = tensor2d([
      [1, 10],
      [2, 20],
    ]);
    const y = tensor2d([[total(first(1, 10))], [total(first(2, 20)) + 2]]);
    {
      using hooked = new ActivationCaching("first").prepare(hookLayers(built));
      assert.equal(take(hooked.model.evaluate(x, y, { batchSize: 1 }) as Tensor), [(0 + 2 * 2) / 2]);
      assert.equal(values(hooked.cache.get(["fwd", "first"])), first(1, 10));
      assert.equal(values(hooked.cache.get(["fwd", "first#1"])), first(2, 20));
    }
    x.dispose();
    y.dispose();
    free(built);
  });
}

test("a bare layer is hooked and called like a model", () => {
  const dense = layers.dense({ units: 1, useBias: false, name: "dense" });
  dense.apply(input({ shape: [1] }));
  setWeights(dense, tensor2d([[7]]));
  const x = tensor2d([[6]]);
  {
    using hooked = new ActivationCaching("dense", { directions: ["fwd_pre", "fwd"] }).prepare(
      hookLayers(dense),
    );
    assert.equal(take(hooked.call(x)), [7 * 6]);
    assert.equal(values(hooked.cache.get(["fwd_pre", "dense"])), [6]);
    assert.equal(values(hooked.cache.get(["fwd", "dense"])), [7 * 6]);
  }
  x.dispose();
  dense.dispose();
});

test("execute, which gives the values of chosen layers, runs hooks", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching("*").prepare(hookLayers(built));
    hooked.context.hook("first", "fwd", (h: Tensor) => mul(h, 2));
    const { name } = built.getLayer("first").output as SymbolicTensor;
    const outputs = tidy(() => hooked.model.execute(x, [name]));
    assert.equal((outputs as Tensor[]).map(take), [first(1, 10).map((h) => 2 * h)]);
    assert.equal(hooked.unfired, ["second"]);
  }
  x.dispose();
  free(built);
});

test("hooks are live when another model calls the model", () => {
  const inner = chain();
  const x = input({ shape: [2] });
  const outer = model({ inputs: x, outputs: inner.apply(x) as SymbolicTensor });
  const given = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching("first").prepare(hookLayers(inner));
    for (let repeat = 0; repeat < 2; repeat++) take(outer.predict(given) as Tensor);
    assert.is(hooked.cache.get("fwd").size, 1);
    assert.equal(values(hooked.cache.get(["fwd", "first"])), first(1, 10));
  }
  given.dispose();
  free(inner);
});

test("two contexts, on a model and on a model inside it, both capture", () => {
  const built = nested();
  const inner = built.getLayer("inner") as ReturnType<typeof chain>;
  const x = tensor2d([[1, 10]]);
  {
    using outside = new ActivationCaching("inner.first").prepare(hookLayers(built));
    using inside = new ActivationCaching("first").prepare(hookLayers(inner));
    take(built.predict(x) as Tensor);
    assert.equal(values(outside.cache.get(["fwd", "inner.first"])), first(1, 10));
    assert.equal(values(inside.cache.get(["fwd", "first"])), first(1, 10));
  }
  x.dispose();
  free(built);
});

test.run();
