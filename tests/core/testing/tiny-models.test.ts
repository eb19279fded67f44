import { hookLayers } from "@hookdict/core/layers";
import {
  expectClose,
  seededValues,
  tinyFunction,
  tinyGraph,
  tinyLayers,
  TinyModule,
  tinyTokens,
} from "@hookdict/core/testing";
import { ActivationCaching } from "@hookdict/latent";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("tiny models");

test("all four kinds compute the same for the same seed", async () => {
  const tokens = tinyTokens();
  using own = new TinyModule({ seed: 3 });
  using fn = tinyFunction({ seed: 3 });
  const layers = await tinyLayers(loadLayersModel, { seed: 3 });
  const graph = await tinyGraph(loadGraphModel, { seed: 3 });
  tidy(() => {
    const expected = own.call(tokens);
    assert.equal(expected.shape, [2, 3, 2]);
    for (const model of [
      (x: Tensor) => fn.model.call(x),
      (x: Tensor) => layers.predict(x),
      (x: Tensor) => graph.execute(x),
    ])
      expectClose(model(tokens) as Tensor, expected, { rtol: 1e-6, atol: 1e-6 });
  });
  for (const one of [...layers.weights, graph, tokens]) one.dispose();
});

test("another seed gives other weights, the same seed the same", () => {
  assert.equal(seededValues(3, 1), seededValues(3, 1));
  assert.not.equal(seededValues(3, 1), seededValues(3, 2));
  assert.ok(seededValues(1000, 5).every((value) => -1 <= value && value < 1));
});

test("their sites are embed, mix, which runs twice, and head", async () => {
  const tokens = tinyTokens();
  using own = new TinyModule();
  using fn = tinyFunction();
  const layers = await tinyLayers(loadLayersModel);
  for (const model of [own, fn.model, hookLayers(layers)]) {
    using hooked = new ActivationCaching("**").prepare(model as TinyModule);
    hooked.call(tokens).dispose();
    const fwd = hooked.cache.get<{ keys(): string[] }>("fwd");
    assert.equal(fwd.keys(), ["embed", "mix", "mix#1", "head"]);
  }
  for (const weight of layers.weights) weight.dispose();
  tokens.dispose();
});

test.run();
