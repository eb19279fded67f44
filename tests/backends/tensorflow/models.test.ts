import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { tinyGraph, tinyLayers, tinyTokens } from "@hookdict/core/testing";
import { ActivationCaching } from "@hookdict/latent";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import {
  clone,
  randomUniform,
  range,
  reshape,
  scalar,
  sin,
  square,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
  train,
  zeros,
} from "@tensorflow/tfjs-core";
import {
  input,
  type LayersModel,
  layers,
  loadLayersModel,
  model,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { suite } from "../../gate/suite.ts";
import {
  branches,
  chain,
  floats,
  graph,
  ints,
  loop,
  type MemoryModel,
  placeholder,
} from "../../core/graph/models.ts";
import { basicPitch, sentenceEmbedding } from "../../core/graph/trained.ts";
import { free } from "../../core/layers/models.ts";
import { SILENT } from "../../core/layers/training.ts";
import { assertSameAsCpu } from "../../support/same-as-cpu.ts";

// Models of other people's operations, and with their gradients, on the kernels that the native backend replaces.
const test = suite("models on the native backend, against cpu");

/** How many roundings follow each other in a model, in units of what a single operation may be off by. */
const MANY = 10;

const some = (shape: readonly number[], seed: number): Tensor =>
  randomUniform([...shape], -1, 1, "float32", seed);

/** What every node gives. */
async function captures(
  network: MemoryModel,
  given: Record<string, Tensor>,
  output?: string,
): Promise<Tensor[]> {
  using hooked = new ActivationCaching("**").prepare(hookGraph(network));
  const result = await (output === undefined ? hooked.callAsync(given) : hooked.callAsync(given, output));
  const found = hooked.cache
    .keys({ nested: true, leavesOnly: true })
    .map((key) => clone(hooked.cache.get(key)));
  for (const each of Object.values(given)) each.dispose();
  return [result as Tensor | Tensor[], found].flat(2); // what is asked for, or all that nobody reads
}

/** x `[2, 5, 3, 4]` → attention of each of its positions to all, by heads, with a mask and a count of integers. */
function attention(): MemoryModel {
  const product = (name: string, a: string, b: string, adj_y: boolean) => ({
    name,
    op: "BatchMatMulV2",
    input: [a, b],
    attr: { adj_x: { b: false }, adj_y: { b: adj_y } },
  });
  return graph({
    nodes: [
      placeholder("x", [2, 5, 3, 4]),
      { name: "byHead", op: "Transpose", input: ["x", "swap"] },
      product("scores", "byHead", "byHead", true),
      { name: "masked", op: "AddV2", input: ["scores", "mask"] },
      { name: "pattern", op: "Softmax", input: ["masked"] },
      product("mixed", "pattern", "byHead", false),
      { name: "byPosition", op: "Transpose", input: ["mixed", "swap"] },
      { name: "residual", op: "AddV2", input: ["byPosition", "x"] },
      { name: "biased", op: "AddV2", input: ["residual", "bias"] },
      { name: "count", op: "AddV2", input: ["swap", "swap"] },
      { name: "shaped", op: "Reshape", input: ["biased", "rows"] },
      { name: "out", op: "MatMul", input: ["shaped", "weight"] },
    ],
    constants: {
      swap: ints([0, 2, 1, 3]),
      rows: ints([10, 12]),
      mask: floats(
        [0, 1, 2, 3, 4].flatMap((to) => [0, 1, 2, 3, 4].map((from) => (from > to ? -1e9 : 0))),
        [5, 5],
      ),
      bias: floats([1, -2, 3, -4]),
      weight: floats(
        Array.from({ length: 24 }, (_, i) => Math.sin(i)),
        [12, 2],
      ),
    },
  });
}

for (const [name, build, given] of [
  ["a chain", chain, () => tensor1d([1, -2])],
  ["branches", branches, () => scalar(-3)],
  ["a loop", loop, () => scalar(7)],
  ["attention", attention, () => some([2, 5, 3, 4], 1)],
] as const)
  test(`every node of a graph with ${name}`, async () => {
    const network = build();
    await assertSameAsCpu(() => captures(network, { x: given() }));
    network.dispose();
  });

test("every node of the tiny graph, with tokens that are integers", async () => {
  const network = await tinyGraph(loadGraphModel);
  await assertSameAsCpu(() => captures(network as unknown as MemoryModel, { tokens: tinyTokens() }));
  network.dispose();
});

test("gradients at every node of a graph with attention", async () => {
  const network = attention();
  await assertSameAsCpu(() => {
    const x = some([2, 5, 3, 4], 1);
    const caching = new ActivationCaching("{byHead,scores,masked,pattern,mixed,residual,out}", {
      directions: ["bwd_pre"],
    });
    using hooked = caching.prepare(hookGraph(network));
    hooked.backward(() => sum(square(hooked.call(x, "out"))));
    x.dispose();
    return hooked.cache.keys({ nested: true, leavesOnly: true }).map((key) => clone(hooked.cache.get(key)));
  }, MANY);
  network.dispose();
});

test("every node of a trained network that hears notes", async () => {
  const network = basicPitch();
  const name = "StatefulPartitionedCall/model_1/";
  await assertSameAsCpu(() => {
    const frames = tidy(() => reshape(sin(range(0, 2 * 309)), [1, 2, 309]));
    return captures(
      network,
      { [`${name}cq_t2010v2_1/transpose_70`]: frames },
      `${name}contours-reduced/Sigmoid`,
    );
  }, MANY);
  network.dispose();
});

test("every node of a trained transformer that embeds sentences", async () => {
  const network = sentenceEmbedding();
  await assertSameAsCpu(
    () =>
      captures(network, {
        indices: tensor2d([0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2, 1, 3], [7, 2], "int32"),
        values: tensor1d([15, 270, 33, 8, 99, 1200, 41], "int32"),
      }),
    MANY,
  );
  network.dispose();
});

/** A layer's output for one input or several, as tfjs-layers does not say it of its base class. */
const apply = (layer: { apply(inputs: never): unknown }, inputs: unknown): SymbolicTensor =>
  layer.apply(inputs as never) as SymbolicTensor;

/** Tokens `[batch, 4]` → embedded, attention, an exchange of axes, a class of three. */
function classifier(): LayersModel {
  const tokens = input({ shape: [4], dtype: "int32" });
  const x = apply(layers.embedding({ inputDim: 6, outputDim: 8 }), tokens);
  const [q, k, v] = [0, 1, 2].map(() => apply(layers.dense({ units: 8 }), x));
  const pattern = apply(layers.softmax({ axis: -1 }), apply(layers.dot({ axes: 2 }), [q, k]));
  const mixed = apply(layers.dot({ axes: [2, 1] }), [pattern, v]);
  const normal = apply(layers.layerNormalization(), apply(layers.add(), [x, mixed]));
  const split = apply(layers.reshape({ targetShape: [4, 2, 4] }), normal);
  const byHead = apply(layers.permute({ dims: [2, 1, 3] }), split);
  const outputs = apply(layers.dense({ units: 3, activation: "softmax" }), apply(layers.flatten(), byHead));
  const built = model({ inputs: tokens, outputs });
  tidy(() => built.setWeights(built.getWeights().map(({ shape }, i) => some(shape, i))));
  return built;
}

for (const [name, optimizer] of [
  ["sgd", () => train.sgd(0.1)],
  // Gradients that are zero but for rounding (those of the keys' biases) must not become steps.
  ["adam", () => train.adam(0.01, 0.9, 0.999, 1e-2)],
] as const)
  test(`a training with ${name}: weights, gradients at the layers, losses`, async () => {
    await assertSameAsCpu(async () => {
      const built = classifier();
      built.compile({ optimizer: optimizer(), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
      const x = tensor2d([0, 1, 2, 3, 5, 4, 3, 2, 1, 1, 0, 0], [3, 4], "int32");
      const y = tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
      const caching = new ActivationCaching("**", { directions: ["fwd", "bwd_pre"] });
      using hooked = caching.prepare(hookLayers(built));
      const { history } = await built.fit(x, y, { epochs: 3, batchSize: 2, shuffle: false, verbose: SILENT });
      const losses = tensor1d(history["loss"] as number[]);
      const found = hooked.cache
        .keys({ nested: true, leavesOnly: true })
        .map((key) => clone(hooked.cache.get(key)));
      const weights = built.getWeights().map((weight) => clone(weight));
      for (const each of [x, y]) each.dispose();
      free(built);
      return [losses, ...weights, ...found];
    }, MANY);
  });

test("the tiny model of layers, and a batch of no samples", async () => {
  const built = await tinyLayers(loadLayersModel);
  await assertSameAsCpu(() =>
    tidy(() => [tinyTokens(), zeros([0, 3], "int32")].map((tokens) => built.apply(tokens) as Tensor)),
  );
  free(built);
});

test.run();
