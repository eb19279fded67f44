import { type Hookable, isEdited, resolveTarget } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { tinyGraph, tinyLayers, TinyModule, tinyTokens } from "@hookdict/core/testing";
import { GPT2 } from "@hookdict/models";
import { WeightEditing } from "@hookdict/weights";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { mul, neg, type Tensor } from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../gate/suite.ts";
import { take } from "../support/values.ts";

const test = suite("edits of weights of every kind of model");

const doubling = (of: string): WeightEditing =>
  new WeightEditing({ name: "doubled", of, change: (weight) => mul(weight, 2) });
const bits = (tensor: Tensor): string => new Uint32Array(tensor.dataSync().slice().buffer).join();
const valuesAt = (tensor: Tensor): number[] => [...tensor.dataSync()];

function valuesOf(values: readonly number[], fn: (x: number) => number): number[] {
  return values.map((value) => Math.fround(fn(value)));
}

test("every kind of model computes with the edited weights, and with its own to the last bit afterwards", async () => {
  const layers = await tinyLayers((handler) => loadLayersModel(handler));
  const graph = await tinyGraph((handler) => loadGraphModel(handler));
  const module = new TinyModule();
  const tokens = tinyTokens();
  const kinds: readonly (readonly [Hookable<readonly never[], Tensor>, string, string])[] = [
    [module as never, "head.{kernel,bias}", "table,mix.kernel,mix.bias,head.kernel,head.bias"],
    [hookLayers(layers) as never, "head.*", "embed.embeddings,mix.kernel,mix.bias,head.kernel,head.bias"],
    [
      hookGraph(graph) as never,
      "weights.head*",
      "weights.table,weights.mixKernel,weights.mixBias,weights.headKernel,weights.headBias,axis",
    ],
  ];
  for (const [model, of, names] of kinds) {
    const target = resolveTarget(model);
    assert.is(target.weights().map(({ path }) => path).join(), names); // prettier-ignore
    const before = target.weights().map(({ tensor }) => bits(tensor));
    const plain = take(target.call([tokens as never]));
    {
      using edited = new WeightEditing({ name: "turned", of, change: (weight) => neg(weight) }).prepare(
        model,
      );
      assert.equal(
        take(edited.call(tokens as never)),
        valuesOf(plain, (x) => -x),
      );
      assert.equal(take(edited.disabled(() => edited.call(tokens as never))), plain);
      assert.equal(
        take(edited.call(tokens as never)),
        valuesOf(plain, (x) => -x),
      );
    }
    assert.equal(target.weights().map(({ tensor }) => bits(tensor)), before); // prettier-ignore
    assert.equal(take(target.call([tokens as never])), plain);
  }
  tokens.dispose();
  module.dispose();
  graph.dispose();
  for (const weight of layers.weights) weight.read().dispose();
});

test("transformers have their parameters' names, and tied matrices are one weight", () => {
  using model = GPT2.fromConfig({ nLayers: 1, nHeads: 2, dModel: 4, dVocab: 5, nPositions: 3 });
  const weights = resolveTarget(model).weights();
  assert.equal(
    weights
      .filter(({ path }) => !path.includes("bias"))
      .map(({ path, shape }) => `${path} ${shape.join("x")}`),
    [
      "embed.weight 5x4",
      "embed.positions 3x4",
      "blocks.0.ln1.weight 4",
      "blocks.0.attn.q.weight 4x4",
      "blocks.0.attn.k.weight 4x4",
      "blocks.0.attn.v.weight 4x4",
      "blocks.0.attn.o.weight 4x4",
      "blocks.0.ln2.weight 4",
      "blocks.0.mlp.in.weight 4x16",
      "blocks.0.mlp.out.weight 16x4",
      "ln_final.weight 4",
    ],
  );
  assert.equal(weights[0]?.aliases?.[0], "unembed.weight");
  const edited = doubling("unembed.weight").prepare(model);
  assert.ok(isEdited(model.W_E));
  edited.dispose();
});

test("the names of TransformerLens give edited weights while an edit stands, and the model's own tensors afterwards", () => {
  using model = GPT2.fromConfig({ nLayers: 2, nHeads: 2, dModel: 4, dVocab: 5, nPositions: 3 });
  const before = model.W_Q;
  const values = valuesAt(before);
  for (const factor of [2, 3]) {
    using edited = new WeightEditing({
      name: "scaled",
      of: "**.q.weight",
      change: (weight) => mul(weight, factor),
    }).prepare(model);
    assert.equal(
      valuesAt(edited.model.W_Q),
      valuesOf(values, (x) => factor * x),
    );
    assert.is(edited.model.W_Q, edited.model.W_Q);
    assert.equal(edited.disabled(() => valuesAt(model.W_Q)), values); // prettier-ignore
  }
  assert.is(model.W_Q, before);
  assert.equal(valuesAt(before), values);
});

test.run();
