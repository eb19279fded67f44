import { type HookInfo, type Kwargs, MultiHookManager } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { add, mul, ones, scalar, square, sum, tensor2d, type Tensor, zerosLike } from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { chain, free, nested, repeated, twoByTwo } from "./models.ts";

const test = suite("directions of layers");

const values = (tensor: unknown): number[] => [...(tensor as Tensor).dataSync()];
/** The output of the chain when `first` gives [p, q]. */
const second = (p: number, q: number): number => p + q;

test("fwd replaces a layer's output, also while the model predicts", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  const [p, q] = [1 + 30 + 5, 2 + 40 + 6];
  using manager = new MultiHookManager(hookLayers(built));
  using _hooks = manager.register("first", "fwd", (y: Tensor) => mul(y, scalar(100)));
  assert.equal(take(built.predict(x) as Tensor), [100 * second(p, q)]);
  assert.equal(take(built.apply(x) as Tensor), [100 * second(p, q)]);
  x.dispose();
  free(built);
});

test("fwd_pre replaces a layer's input", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  using manager = new MultiHookManager(hookLayers(built));
  using _hooks = manager.register("first", "fwd_pre", (given: Tensor) => zerosLike(given));
  assert.equal(take(built.predict(x) as Tensor), [second(5, 6)]);
  x.dispose();
  free(built);
});

test("fwd_pre sees several inputs as a tuple, and replaces them by one", () => {
  const built = twoByTwo();
  const a = tensor2d([[2]]);
  const b = tensor2d([[5]]);
  using manager = new MultiHookManager(hookLayers(built));
  using _hooks = manager.register("sum", "fwd_pre", ([left, right]: [Tensor, Tensor]) => [
    mul(left, 10),
    right,
  ]);
  assert.equal((built.predict([a, b]) as Tensor[]).map(take), [[3 * (20 + 5)], [20 + 5]]);
  a.dispose();
  b.dispose();
  free(built);
});

test("fwd sees several outputs as a tuple, and replaces them by one", () => {
  const x = input({ shape: [2, 1] });
  const lstm = layers.lstm({ units: 1, returnState: true, name: "lstm" });
  const outputs = lstm.apply(x) as SymbolicTensor[];
  const built = model({ inputs: x, outputs: [outputs[0], outputs[2]] as SymbolicTensor[] });
  const given = ones([1, 2, 1]);
  using manager = new MultiHookManager(hookLayers(built));
  using _hooks = manager.register("lstm", "fwd", (all: Tensor[]) =>
    all.map((tensor, i) => add(zerosLike(tensor), i)),
  );
  assert.equal((built.predict(given) as Tensor[]).map(take), [[0], [2]]);
  given.dispose();
  free(built);
});

test("the kwargs directions see and change keyword inputs such as training", () => {
  const dropout = layers.dropout({ rate: 0.5, seed: 7, name: "dropout" });
  const x = ones([1, 8]);
  const seen: unknown[] = [];
  using manager = new MultiHookManager(hookLayers(dropout));
  using _see = manager.register("dropout", "fwd_kwargs", (_: Tensor, { kwargs }: HookInfo) => {
    seen.push(kwargs?.["training"]);
  });
  const target = hookLayers(dropout).hookTarget();
  assert.ok(take(target.call([x, { training: true }])).includes(0));
  {
    using _change = manager.register(
      "dropout",
      "fwd_pre_kwargs",
      ({ inputs }: { inputs: Tensor; kwargs: Kwargs }) => ({ inputs, kwargs: { training: false } }),
    );
    assert.equal(take(target.call([x, { training: true }])), [1, 1, 1, 1, 1, 1, 1, 1]);
  }
  take(target.call([x]));
  assert.equal(seen, [true, false, undefined]);
  x.dispose();
});

test("a hook may bring keyword inputs into a layer of a model that has none", () => {
  const row = input({ shape: [8] });
  const dropout = layers.dropout({ rate: 0.5, seed: 7, name: "dropout" });
  const built = model({ inputs: row, outputs: dropout.apply(row) as SymbolicTensor });
  const x = ones([1, 8]);
  {
    using manager = new MultiHookManager(hookLayers(built));
    manager.register("dropout", "fwd_pre_kwargs", ({ inputs }: { inputs: Tensor; kwargs: unknown }) => {
      return { inputs, kwargs: { training: true } };
    });
    assert.ok(take(built.predict(x) as Tensor).includes(0));
  }
  assert.equal(take(built.predict(x) as Tensor), [1, 1, 1, 1, 1, 1, 1, 1]);
  x.dispose();
  free(built);
});

test("backward gives the gradients at every layer, with respect to input and output", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  {
    const directions = ["bwd", "bwd_pre"] as const;
    using hooked = new ActivationCaching("**", { directions }).prepare(hookLayers(built));
    hooked.backward(() => sum(square(hooked.call(x))));
    const output = second(1 + 30 + 5, 2 + 40 + 6);
    assert.equal(values(hooked.cache.get(["bwd_pre", "second"])), [2 * output]);
    assert.equal(values(hooked.cache.get(["bwd", "second"])), [2 * output, 2 * output]);
    assert.equal(values(hooked.cache.get(["bwd_pre", "first"])), [2 * output, 2 * output]);
    assert.equal(values(hooked.cache.get(["bwd", "first"])), [2 * output * 3, 2 * output * 7]);
  }
  x.dispose();
  free(built);
});

test("backward hooks at a layer called several times fire last call first, under its call's key", () => {
  const built = repeated(2);
  const x = tensor2d([[5]]);
  {
    using hooked = new ActivationCaching("double", { directions: ["bwd"] }).prepare(hookLayers(built));
    hooked.backward(() => sum(hooked.call(x)));
    assert.equal(values(hooked.cache.get(["bwd", "double"])), [2 * 2]);
    assert.equal(values(hooked.cache.get(["bwd", "double#1"])), [2]);
  }
  x.dispose();
  free(built);
});

test("valueAndGradInputs gives the loss, and its gradients by path", () => {
  const built = nested();
  const x = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching("outer").prepare(hookLayers(built));
    const { value, gradInputs } = hooked.valueAndGradInputs(() => sum(hooked.call(x)), ["inner", "inner.*"]);
    assert.equal(take(value), [10 * second(36, 48)]);
    assert.equal(values(gradInputs.get("inner.second")), [10, 10]);
    assert.equal(values(gradInputs.get("inner")), [10 * (1 + 2), 10 * (3 + 4)]);
    gradInputs.dispose();
  }
  x.dispose();
  free(built);
});

test("a backward hook changes the gradient that flows on upstream", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  using manager = new MultiHookManager(hookLayers(built));
  using _hooks = manager.register("second", "bwd", (g: Tensor) => mul(g, 10));
  {
    using hooked = new ActivationCaching("first", { directions: ["bwd"] }).prepare(hookLayers(built));
    hooked.backward(() => sum(hooked.call(x)));
    assert.equal(values(hooked.cache.get(["bwd", "first"])), [10 * (1 + 2), 10 * (3 + 4)]);
  }
  x.dispose();
  free(built);
});

test("captures of one run patch another, by axes that were declared", () => {
  const built = nested();
  const hookable = hookLayers(built, { axes: { "inner.first": ["batch", "pos"] } });
  const clean = tensor2d([[1, 10]]);
  const corrupt = tensor2d([[0, 0]]);
  const source = new TensorDict();
  {
    using cached = new ActivationCaching("inner.first", { cache: source }).prepare(hookable);
    take(cached.call(clean));
  }
  {
    const options = { source, positions: 1 };
    using patched = new ActivationPatching("inner.first", options).prepare(hookable);
    assert.equal(take(patched.model.predict(corrupt) as Tensor), [10 * second(5, 2 + 40 + 6)]);
  }
  source.dispose();
  clean.dispose();
  corrupt.dispose();
  free(built);
});

test("a replacement of another shape is refused at the layer", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  using manager = new MultiHookManager(hookLayers(built), { name: "Widen" });
  using _hooks = manager.register("first", "fwd", () => ones([1, 3]));
  const error = thrown(() => built.predict(x));
  assert.is(
    error.message,
    "The fwd hook of Widen at first returned float32 [1, 3] in place of float32 [1, 2]. " +
      "Return the same structure, shapes and dtypes, or register the hook with reshapes: true.",
  );
  x.dispose();
  free(built);
});

test("a replacement made outside the run is borrowed, however often the model frees its intermediates", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  const constant = tensor2d([[7, 8]]);
  using manager = new MultiHookManager(hookLayers(built));
  using _hooks = manager.register("first", "fwd", () => constant);
  for (let repeat = 0; repeat < 3; repeat++) {
    assert.equal(take(built.predict(x) as Tensor), [second(7, 8)]);
    assert.not.ok(constant.isDisposed);
  }
  constant.dispose();
  x.dispose();
  free(built);
});

test("a predicate over a site's class picks layers", () => {
  const built = chain();
  const x = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching(({ type }) => type === "Dense").prepare(hookLayers(built));
    take(hooked.call(x));
    assert.equal(
      [...hooked.cache.keys({ nested: true, leavesOnly: true })],
      [
        ["fwd", "first"],
        ["fwd", "second"],
      ],
    );
  }
  x.dispose();
  free(built);
});

test.run();
