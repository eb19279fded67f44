import { countHooks, type Hookable, HookFactory, MultiHookManager } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import {
  contextConformance,
  tinyFunction,
  tinyGraph,
  tinyLayers,
  TinyModule,
  tinyTokens,
} from "@hookdict/core/testing";
import { compose, Interventions } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

const test = suite("what is shipped, on every kind of model");

const changing = (): Interventions =>
  new Interventions({
    captures: [{ at: "mix" }],
    interventions: [{ kind: "add", at: "mix", value: { shape: [], values: [1] } }],
  });

for (const [name, factory] of [
  ["Interventions", changing],
  [
    "compose",
    () => compose(new ActivationCaching("head"), compose(changing(), new ActivationCaching("mix"))),
  ],
  ["stopEarly", () => new ActivationCaching("mix", { stopEarly: true })],
] as const) {
  for (const one of contextConformance(factory, { compose })) test(`${name}: ${one.name}`, one.run);
}

/** Stops at `embed`, and is whole again afterwards. */
function stopsAtEmbed(model: Hookable<[Tensor], Tensor>): void {
  const tokens = tinyTokens();
  {
    using hooked = new ActivationCaching("embed", { stopEarly: true }).prepare(model);
    let later = 0;
    const watch = HookFactory.observe(() => void later++);
    assert.equal(hooked.tryCall(tokens), { stopped: true, at: "embed" });
    assert.equal(hooked.cache.get(["fwd", "embed"]).shape.length, 3);
    const handle = hooked.context.hook("head", "fwd", watch);
    assert.equal(hooked.tryCall(tokens), { stopped: true, at: "head" });
    assert.is(later, 1);
    handle.dispose();
    assert.equal(hooked.tryCall(tokens), { stopped: true, at: "embed" });
    assert.is(later, 1);
  }
  assert.is(countHooks(model), 0);
  tokens.dispose();
}

test("a run of a module stops early", () => {
  using model = new TinyModule();
  stopsAtEmbed(model);
});

test("a run of a function stops early", () => {
  using tiny = tinyFunction();
  stopsAtEmbed(tiny.model);
});

test("a run of a LayersModel stops early", async () => {
  const model = await tinyLayers(loadLayersModel);
  stopsAtEmbed(hookLayers(model) as Hookable<[Tensor], Tensor>);
  for (const { val } of model.weights as unknown as { val: Tensor }[]) val.dispose();
});

test("a run of a GraphModel stops early", async () => {
  const model = await tinyGraph(loadGraphModel);
  stopsAtEmbed(hookGraph(model) as Hookable<[Tensor], Tensor>);
  model.dispose();
});

test("permanent hooks belong to the model and survive contexts", () => {
  using model = new TinyModule();
  const tokens = tinyTokens();
  let fired = 0;
  const manager = new MultiHookManager(model);
  manager.register(
    "mix",
    "fwd",
    HookFactory.observe(() => void fired++),
  );
  for (const factory of [new ActivationCaching("**"), changing()]) {
    factory.prepare(model).run((hooked) => hooked.call(tokens).dispose());
    assert.is(countHooks(model), 1);
  }
  assert.is(fired, 2 * 2);
  manager.dispose();
  assert.is(countHooks(model), 0);
  tokens.dispose();
});

test.run();
