import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { input, layers, model, sequential, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { chain, free } from "./models.ts";

const test = suite("errors of hookLayers");

const failure = (fn: () => unknown): { code?: string; message: string } => thrown(fn);

test("what is no layer is refused, with where it should go", () => {
  const where =
    "A tf.GraphModel goes to hookGraph (@hookdict/core/graph), a function to hookFunction (@hookdict/core).";
  for (const [given, name] of [
    [() => 1, "function"],
    [{ name: "x" }, "record"],
    [null, "null"],
    ["dense", "string"],
  ] as const) {
    const error = failure(() => hookLayers(given as never));
    assert.is(error.code, "LAYERS_NOT_A_LAYER");
    assert.is(
      error.message,
      `hookLayers was given a ${name}, which is neither a tf.LayersModel nor a tf.layers layer. ${where}`,
    );
  }
});

test("a name that ends like the key of a later pass is refused", () => {
  const error = failure(() => hookLayers(layers.dense({ units: 1, name: "dense#1" })));
  assert.is(error.code, "LAYERS_NAME");
  assert.is(
    error.message,
    'The layer "dense#1" cannot be a site under its name: it ends like the key of a later pass. ' +
      'Give it another one: hookLayers(model, { names: { "dense#1": "..." } }).',
  );
  assert.ok(hookLayers(layers.dense({ units: 1, name: "dense#1" }), { names: { "dense#1": "dense" } }));
});

test("a frozen layer refuses hooks", () => {
  const frozen = hookLayers(Object.freeze(layers.dense({ units: 1, name: "ice" })));
  const error = failure(() => new ActivationCaching("**").prepare(frozen));
  assert.is(error.code, "MODEL_FROZEN");
  assert.is(
    error.message,
    "ice is frozen, so no hooks can be put on it. Leave models unfrozen, or freeze them once no context will be prepared on them any more.",
  );
});

test("a name of which nothing is left is refused", () => {
  assert.is(
    failure(() =>
      hookLayers(layers.dense({ units: 1, name: "/" }))
        .hookTarget()
        .sites(),
    ).message,
    'The layer "/" cannot be a site under its name: nothing is left of it between "." and "/". ' +
      'Give it another one: hookLayers(model, { names: { "/": "..." } }).',
  );
});

test("two layers on one path are refused", () => {
  const x = input({ shape: [1] });
  const slash = layers.dense({ units: 1, name: "a/b" }).apply(x) as SymbolicTensor;
  const built = model({ inputs: x, outputs: layers.dense({ units: 1, name: "a.b" }).apply(slash) as never });
  assert.is(
    failure(() => hookLayers(built)).message,
    'The layer "a.b" cannot be a site under its name: the path a.b belongs to the layer "a/b". ' +
      'Give it another one: hookLayers(model, { names: { "a.b": "..." } }).',
  );
  free(built);
});

test("a name in the option names that no layer has is refused, with the nearest", () => {
  const built = chain();
  const error = failure(() => hookLayers(built, { names: { frist: "in" } }));
  assert.is(error.code, "LAYERS_NAME_UNKNOWN");
  assert.is(
    error.message,
    'The option names of hookLayers renames "frist", but no layer has that name. The nearest names are first, second.',
  );
  assert.is(
    failure(() => hookLayers(sequential({ layers: [] }), { names: { a: "b" } })).message,
    'The option names of hookLayers renames "a", but no layer has that name. The model has no layers.',
  );
  free(built);
});

test("axes for no layer are refused, with the nearest", () => {
  const built = chain();
  const error = failure(() => hookLayers(built, { axes: { frist: ["batch", "unit"] } }));
  assert.is(error.code, "LAYERS_AXES_UNKNOWN");
  assert.is(
    error.message,
    'The option axes of hookLayers names axes for "frist", which matches no layer. The nearest paths are first, second.',
  );
  assert.is(
    failure(() => hookLayers(sequential({ layers: [] }), { axes: { "*": ["batch"] } })).message,
    'The option axes of hookLayers names axes for "*", which matches no layer. The model has no layers.',
  );
  free(built);
});

test("a layer that was not wrapped says how to", () => {
  const built = chain();
  const error = failure(() => new ActivationCaching("**").prepare(built as never));
  assert.is(error.code, "MODEL_NOT_HOOKABLE");
  assert.match(error.message, "wrap a tf.LayersModel with hookLayers (@hookdict/core/layers)");
  free(built);
});

test.run();
