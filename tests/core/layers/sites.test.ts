import { HookedModule } from "@hookdict/core";
import { hookLayers, type LayerLike } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { input, layers, model, sequential, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";
import { chain, free, nested, repeated, twoByTwo } from "./models.ts";

const test = suite("sites of layers");

function paths(of: LayerLike): readonly string[] {
  return hookLayers(of)
    .hookTarget()
    .sites()
    .map(({ path }) => path);
}

test("a model's layers are its sites, by name, without the inputs", () => {
  const built = twoByTwo();
  assert.equal(paths(built), ["sum", "tripled"]);
  free(built);
});

test("a layer that is called several times is one site", () => {
  const built = repeated(3);
  assert.equal(paths(built), ["double"]);
  free(built);
});

test("a nested model is a site, and so are its layers", () => {
  const built = nested();
  assert.equal(paths(built), ["inner", "inner.first", "inner.second", "outer"]);
  free(built);
});

test("a layer that two nested models share is one site with an alias", () => {
  const shared = layers.dense({ units: 1, inputShape: [1], name: "shared" });
  const left = sequential({ layers: [shared], name: "left" });
  const x = input({ shape: [1] });
  const right = model({ inputs: x, outputs: shared.apply(x) as SymbolicTensor, name: "right" });
  const y = input({ shape: [1] });
  const both = model({ inputs: y, outputs: right.apply(left.apply(y)) as SymbolicTensor });
  const sites = hookLayers(both).hookTarget().sites();
  assert.equal(
    sites.map(({ path, aliases }) => [path, aliases]),
    [
      ["left", undefined],
      ["left.shared", ["right.shared"]],
      ["right", undefined],
    ],
  );
  free(both);
});

test("cells and wrapped layers are named by the field that holds them", () => {
  const time = layers.timeDistributed({ layer: layers.dense({ units: 1 }), name: "time" });
  const both = layers.bidirectional({ layer: layers.gru({ units: 1 }), name: "both" });
  const stacked = layers.rnn({
    cell: [layers.lstmCell({ units: 1 }), layers.gruCell({ units: 1 })] as never, // an array is allowed
    name: "stacked",
  });
  assert.equal(paths(time), ["time", "time.layer"]);
  assert.equal(paths(layers.lstm({ units: 1, name: "lstm" })), ["lstm", "lstm.cell"]);
  assert.equal(paths(both), [
    "both",
    "both.forwardLayer",
    "both.forwardLayer.cell",
    "both.backwardLayer",
    "both.backwardLayer.cell",
  ]);
  assert.equal(paths(stacked), ["stacked", "stacked.cell", "stacked.cell.cells.0", "stacked.cell.cells.1"]);
});

test("a site says that it is a layer and of which class", () => {
  const [site] = hookLayers(layers.dense({ units: 1, name: "only" }))
    .hookTarget()
    .sites();
  assert.equal(site, { path: "only", segments: ["only"], kind: "layer", type: "Dense" });
});

test("slashes and dots in a name separate segments", () => {
  assert.equal(paths(layers.dense({ units: 1, name: "block1/conv.a" })), ["block1.conv.a"]);
  assert.equal(paths(layers.dense({ units: 1, name: "/block1//conv" })), ["block1.conv"]);
});

test("the option names gives layers other paths", () => {
  const built = nested();
  const sites = hookLayers(built, { names: { inner: "encoder.block", first: "in" } })
    .hookTarget()
    .sites();
  assert.equal(
    sites.map(({ path }) => path),
    ["encoder.block", "encoder.block.in", "encoder.block.second", "outer"],
  );
  free(built);
});

test("the option axes names the axes of what its globs match, the first one first", () => {
  const built = chain();
  const sites = hookLayers(built, { axes: { second: ["batch", "score"], "*": ["batch", "unit"] } })
    .hookTarget()
    .sites();
  assert.equal(
    sites.map(({ axes }) => axes),
    [
      ["batch", "unit"],
      ["batch", "score"],
    ],
  );
  free(built);
});

test("a model always has the same target, and one with options has one of its own", () => {
  const built = chain();
  assert.is(hookLayers(built).hookTarget(), hookLayers(built).hookTarget());
  const named = hookLayers(built, { names: { first: "in" } });
  assert.is(named.hookTarget(), named.hookTarget());
  assert.is.not(named.hookTarget(), hookLayers(built).hookTarget());
  free(built);
});

test("layers added to a sequential model are sites of the next context", () => {
  const built = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], name: "one" })] });
  const hookable = hookLayers(built);
  {
    using hooked = new ActivationCaching("**").prepare(hookable);
    assert.instance(hooked, HookedModule);
    assert.equal(
      hooked.sites.map(({ path }) => path),
      ["one"],
    );
  }
  built.add(layers.dense({ units: 1, name: "two" }));
  using hooked = new ActivationCaching("two").prepare(hookable);
  assert.equal(
    hooked.sites.map(({ path }) => path),
    ["one", "two"],
  );
  free(built);
});

test.run();
