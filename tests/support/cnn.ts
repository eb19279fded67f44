import { type Hookable } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import type { Tensor } from "@tensorflow/tfjs-core";
import { input, layers, type LayersModel, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { type Constants, floats, graph, ints, type NodeDef, placeholder } from "../core/graph/models.ts";
import type { Weights } from "./small-models.ts";

/** A model with what frees it. */
export interface BuiltModel extends Disposable {
  readonly model: Hookable<readonly Tensor[], Tensor>;
}

/** The small CNN of the reference values as a `tf.LayersModel`; `fused`: activations belong to the layers before them. */
export function cnnLayers(weights: Weights, fused: boolean): BuiltModel {
  const built = buildLayers(fused);
  for (const layer of built.layers) {
    const names = { Conv2D: CONV, Dense: CONV, BatchNormalization: NORM }[layer.getClassName()] ?? [];
    layer.setWeights(names.map((name) => weights[`${layer.name}/${name}`] as Tensor)); // it has these
  }
  return { model: hookLayers(built) as never, [Symbol.dispose]: () => void built.dispose() };
}

const CONV = ["kernel", "bias"] as const;
const NORM = ["gamma", "beta", "mean", "variance"] as const;
const SHAPE = [8, 8, 3];

const conv = (name: string, filters: number): ReturnType<typeof layers.conv2d> =>
  layers.conv2d({ name, filters, kernelSize: 3, padding: "same" });
const norm = (name: string): ReturnType<typeof layers.batchNormalization> =>
  layers.batchNormalization({ name, epsilon: 1e-5 });

function buildLayers(fused: boolean): LayersModel {
  const x = input({ shape: SHAPE });
  const relu = (name: string): ReturnType<typeof layers.activation> =>
    layers.activation({ name, activation: "relu" });
  const chain = (start: SymbolicTensor, ...steps: { apply(x: SymbolicTensor): unknown }[]): SymbolicTensor =>
    steps.reduce((value, step) => step.apply(value) as SymbolicTensor, start); // one in, one out
  const hidden = { name: "fc1", units: 10 };
  const pooled = chain(
    x,
    conv("conv1", 6),
    norm("bn1"),
    relu("relu1"),
    layers.maxPooling2d({ name: "pool1", poolSize: 2 }),
  );
  const branch = chain(pooled, conv("conv2", 6), norm("bn2"));
  const sum = layers.add({ name: "add" }).apply([branch, pooled]) as SymbolicTensor; // likewise
  const outputs = chain(
    sum,
    relu("relu2"),
    layers.averagePooling2d({ name: "pool2", poolSize: 2 }),
    layers.flatten({ name: "flatten" }),
    ...(fused ? [layers.dense({ ...hidden, activation: "relu" })] : [layers.dense(hidden), relu("relu3")]),
    layers.dense({ name: "fc2", units: 4 }),
  );
  return model({ inputs: x, outputs });
}

/**
 * The small CNN as a converted `tf.GraphModel`. `fused`: as the converter writes it, with biases and activations inside
 * the operations before them.
 */
export function cnnGraph(weights: Weights, fused: boolean): BuiltModel {
  const constants: Record<string, Constants[string]> = { shape: ints([-1, 24]) };
  for (const [name, tensor] of Object.entries(weights))
    constants[`weights/${name}`] = floats([...tensor.dataSync()], tensor.shape);
  const built = graph({
    nodes: [placeholder("x", [-1, ...SHAPE]), ...(fused ? fusedNodes() : plainNodes())],
    constants,
  });
  return { model: hookGraph(built) as never, [Symbol.dispose]: () => built.dispose() };
}

const list = (...values: number[]): { list: { i: string[] } } => ({ list: { i: values.map(String) } });
const text = (value: string): { s: string } => ({ s: Buffer.from(value).toString("base64") });
const CONV_ATTRIBUTES = {
  strides: list(1, 1, 1, 1),
  padding: text("SAME"),
  data_format: text("NHWC"),
  dilations: list(1, 1, 1, 1),
};
const POOL_ATTRIBUTES = {
  strides: list(1, 2, 2, 1),
  ksize: list(1, 2, 2, 1),
  padding: text("VALID"),
  data_format: text("NHWC"),
};

function weightNames(layer: string, names: readonly string[]): string[] {
  return names.map((name) => `weights/${layer}/${name}`);
}

function convNodes(layer: string, from: string): NodeDef[] {
  return [
    {
      name: `${layer}/Conv2D`,
      op: "Conv2D",
      input: [from, `weights/${layer}/kernel`],
      attr: CONV_ATTRIBUTES,
    },
    { name: layer, op: "BiasAdd", input: [`${layer}/Conv2D`, `weights/${layer}/bias`] },
  ];
}

function denseNodes(layer: string, from: string): NodeDef[] {
  return [
    { name: `${layer}/MatMul`, op: "MatMul", input: [from, `weights/${layer}/kernel`] },
    { name: layer, op: "AddV2", input: [`${layer}/MatMul`, `weights/${layer}/bias`] },
  ];
}

function normNode(layer: string, from: string): NodeDef {
  return {
    name: layer,
    op: "FusedBatchNormV3",
    input: [from, ...weightNames(layer, NORM)],
    attr: { epsilon: { f: 1e-5 } },
  };
}

/** From the sum of the branches on, to the flat values. */
const TRUNK: readonly NodeDef[] = [
  normNode("bn2", "conv2"),
  { name: "add", op: "AddV2", input: ["bn2", "pool1"] },
  { name: "relu2", op: "Relu", input: ["add"] },
  { name: "pool2", op: "AvgPool", input: ["relu2"], attr: POOL_ATTRIBUTES },
  { name: "flatten", op: "Reshape", input: ["pool2", "shape"] },
];

const FIRST: readonly NodeDef[] = [
  normNode("bn1", "conv1"),
  { name: "relu1", op: "Relu", input: ["bn1"] },
  { name: "pool1", op: "MaxPool", input: ["relu1"], attr: POOL_ATTRIBUTES },
];

function plainNodes(): NodeDef[] {
  return [
    ...convNodes("conv1", "x"),
    ...FIRST,
    ...convNodes("conv2", "pool1"),
    ...TRUNK,
    ...denseNodes("fc1", "flatten"),
    { name: "relu3", op: "Relu", input: ["fc1"] },
    ...denseNodes("fc2", "relu3"),
  ];
}

function fusedNodes(): NodeDef[] {
  const conv2d = (layer: string, from: string): NodeDef => ({
    name: layer,
    op: "_FusedConv2D",
    input: [from, ...weightNames(layer, CONV)],
    attr: { ...CONV_ATTRIBUTES, fused_ops: { list: { s: [text("BiasAdd").s] } }, num_args: { i: "1" } },
  });
  const dense = (layer: string, from: string, ops: readonly string[]): NodeDef => ({
    name: layer,
    op: "_FusedMatMul",
    input: [from, ...weightNames(layer, CONV)],
    attr: { fused_ops: { list: { s: ops.map((op) => text(op).s) } }, num_args: { i: "1" } },
  });
  return [
    conv2d("conv1", "x"),
    ...FIRST,
    conv2d("conv2", "pool1"),
    ...TRUNK,
    dense("fc1", "flatten", ["BiasAdd", "Relu"]),
    dense("fc2", "fc1", ["BiasAdd"]),
  ];
}
