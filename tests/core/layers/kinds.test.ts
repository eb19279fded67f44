import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { ones, tensor2d, tensor3d, type Tensor } from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { free, nested, repeated, setWeights, twoByTwo } from "./models.ts";

const test = suite("captures of layers of several inputs, outputs or calls");

const values = (tensor: unknown): number[] => [...(tensor as Tensor).dataSync()];

const first = (a: number, b: number): number[] => [a + 3 * b + 5, 2 * a + 4 * b + 6];

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

test("a layer called three times is captured as double, double#1 and double#2", () => {
  const built = repeated(3);
  const x = tensor2d([[5]]);
  {
    using hooked = new ActivationCaching("double").prepare(hookLayers(built));
    take(hooked.call(x));
    assert.equal(
      ["double", "double#1", "double#2"].map((key) => values(hooked.cache.get(["fwd", key]))),
      [[2 * 5], [2 * 2 * 5], [2 * 2 * 2 * 5]],
    );
  }
  x.dispose();
  free(built);
});

test("passes: first and last keep one capture of a shared layer", () => {
  const built = repeated(3);
  const x = tensor2d([[5]]);
  for (const [passes, expected] of [["first", 2 * 5] as const, ["last", 8 * 5] as const]) {
    using hooked = new ActivationCaching("double", { passes }).prepare(hookLayers(built));
    take(hooked.call(x));
    assert.is(hooked.cache.get("fwd").size, 1);
    assert.equal(values(hooked.cache.get(["fwd", "double"])), [expected]);
  }
  x.dispose();
  free(built);
});

test("a layer of several inputs is captured as a tuple of them", () => {
  const built = twoByTwo();
  const a = tensor2d([[2]]);
  const b = tensor2d([[5]]);
  {
    const hookable = hookLayers<typeof built, Tensor[]>(built);
    using hooked = new ActivationCaching("sum", { directions: ["fwd_pre", "fwd"] }).prepare(hookable);
    assert.equal(hooked.call([a, b]).map(take), [[3 * (2 + 5)], [2 + 5]]);
    assert.equal(values(hooked.cache.get(["fwd_pre", "sum", "0"])), [2]);
    assert.equal(values(hooked.cache.get(["fwd_pre", "sum", "1"])), [5]);
    assert.equal(values(hooked.cache.get(["fwd", "sum"])), [2 + 5]);
    assert.equal((hooked.model.predict([a, b]) as Tensor[]).map(take), [[3 * (2 + 5)], [2 + 5]]);
    assert.equal(values(hooked.cache.get(["fwd", "sum"])), [2 + 5]);
  }
  a.dispose();
  b.dispose();
  free(built);
});

test("a layer of several outputs is captured as a tuple of them", () => {
  const x = input({ shape: [2, 1] });
  const lstm = layers.lstm({ units: 1, returnState: true, name: "lstm" });
  const [output, hidden] = lstm.apply(x) as SymbolicTensor[];
  const built = model({ inputs: x, outputs: [output, hidden] as SymbolicTensor[] });
  const given = ones([1, 2, 1]);
  {
    const hookable = hookLayers<typeof built, Tensor[]>(built);
    using hooked = new ActivationCaching("lstm").prepare(hookable);
    const [last, state] = hooked.call(given).map(take);
    assert.is(hooked.cache.get(["fwd", "lstm"]).size, 3);
    assert.equal(values(hooked.cache.get(["fwd", "lstm", "0"])), last);
    assert.equal(values(hooked.cache.get(["fwd", "lstm", "1"])), state);
  }
  given.dispose();
  free(built);
});

test("the layers of a nested model are captured", () => {
  const built = nested();
  const x = tensor2d([[1, 10]]);
  {
    using hooked = new ActivationCaching(["inner", "inner.*"]).prepare(hookLayers(built));
    assert.equal(take(hooked.model.predict(x) as Tensor), [10 * total(first(1, 10))]);
    assert.equal(values(hooked.cache.get(["fwd", "inner.first"])), first(1, 10));
    assert.equal(values(hooked.cache.get(["fwd", "inner"])), [total(first(1, 10))]);
  }
  x.dispose();
  free(built);
});

test("a recurrent cell runs once for each time step, and gives its states besides its output", () => {
  const rnn = layers.simpleRNN({ units: 1, activation: "linear", useBias: false, name: "rnn" });
  const x = tensor3d([[[1], [10]]]);
  rnn.apply(input({ shape: [2, 1] }));
  setWeights(rnn, tensor2d([[2]]), tensor2d([[3]]));
  {
    using hooked = new ActivationCaching("rnn.cell").prepare(hookLayers(rnn));
    assert.equal(take(hooked.call(x)), [2 * 10 + 3 * (2 * 1)]);
    assert.equal(values(hooked.cache.get(["fwd", "rnn.cell", "0"])), [2 * 1]);
    assert.equal(values(hooked.cache.get(["fwd", "rnn.cell#1", "1"])), [2 * 10 + 3 * (2 * 1)]);
  }
  x.dispose();
  for (const weight of rnn.weights) weight.dispose();
});

test("the layer of a timeDistributed runs once for each time step", () => {
  const time = layers.timeDistributed({ layer: layers.dense({ units: 1, useBias: false }), name: "time" });
  const x = tensor3d([[[1], [10]]]);
  time.apply(input({ shape: [2, 1] }));
  setWeights(time.layer, tensor2d([[2]]));
  {
    using hooked = new ActivationCaching("**").prepare(hookLayers(time));
    assert.equal(take(hooked.call(x)), [2, 20]);
    assert.equal(values(hooked.cache.get(["fwd", "time.layer"])), [2 * 1]);
    assert.equal(values(hooked.cache.get(["fwd", "time.layer#1"])), [2 * 10]);
    assert.equal(hooked.cache.get(["fwd", "time"]).shape, [1, 2, 1]);
  }
  x.dispose();
  for (const weight of time.layer.weights) weight.dispose();
});

test("both directions of a bidirectional layer are captured", () => {
  const inner = layers.simpleRNN({ units: 1, activation: "linear", useBias: false });
  const both = layers.bidirectional({ layer: inner, mergeMode: "concat", name: "both" });
  const x = tensor3d([[[1], [10]]]);
  both.apply(input({ shape: [2, 1] }));
  const weights = [2, 3, 2, 3].map((weight) => tensor2d([[weight]]));
  setWeights(both, ...weights);
  {
    using hooked = new ActivationCaching("both.*").prepare(hookLayers(both));
    const [forward = 0, backward = 0] = take(hooked.call(x));
    assert.equal([forward, backward], [2 * 10 + 3 * 2, 2 * 1 + 3 * 20]);
    assert.equal(values(hooked.cache.get(["fwd", "both.forwardLayer"])), [forward]);
    assert.equal(values(hooked.cache.get(["fwd", "both.backwardLayer"])), [backward]);
    assert.equal(hooked.unfired, []);
  }
  x.dispose();
  for (const weight of both.weights) weight.dispose();
});

test.run();
