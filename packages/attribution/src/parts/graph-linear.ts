import type { GraphPlace } from "@hookdict/core/graph";
import {
  elu,
  leakyRelu,
  relu,
  relu6,
  reshape,
  selu,
  sigmoid,
  softplus,
  tanh,
  type Tensor,
  transpose,
} from "@tensorflow/tfjs-core";
import { activationStage } from "./layer-kinds.ts";
import { denseOperation } from "./linear.ts";
import { type ConvOptions, depthwiseConvolution, imageConvolution } from "./operations.ts";
import type { LinearOperation, LinearWeights, PartDescription } from "./part.ts";

/** What a node computes. */
export type Stages = readonly PartDescription[];

/** An input that is a constant. */
export function constant({ inputs }: GraphPlace, at: number): Tensor | undefined {
  return inputs[at]?.constant;
}

export function numbersOf(node: GraphPlace, at: number): readonly number[] | undefined {
  const value = constant(node, at);
  return value && Array.from(value.dataSync());
}

export const isChannelsLast = ({ attributes }: GraphPlace): boolean => {
  const { dataFormat } = attributes as { readonly dataFormat?: string };
  return dataFormat?.toUpperCase() !== "NCHW";
};

export function convOptions(node: GraphPlace): ConvOptions | undefined {
  const { strides, pad, dilations } = node.attributes as {
    strides?: readonly number[];
    pad?: string;
    dilations?: readonly number[];
  };
  if (!isChannelsLast(node) || (pad !== "same" && pad !== "valid")) return undefined;
  const inner = (list: readonly number[] | undefined): [number, number] => [list?.[1] ?? 1, list?.[2] ?? 1];
  // TensorFlow.js has no gradient of dilated convolutions.
  return inner(dilations).some((each) => each !== 1) ? undefined : { strides: inner(strides), padding: pad };
}

/** The offset that alone reads a linear operation, of one number for each channel: a bias. */
export function biasAfter(node: GraphPlace): Tensor | undefined {
  const [reader, ...others] = node.readers;
  if (reader === undefined || others.length > 0 || node.isOutput || !ADDS.includes(reader.op))
    return undefined;
  const bias = reader.inputs.find(({ constant: value }) => value !== undefined)?.constant;
  return bias !== undefined && isPerChannel(bias) ? bias : undefined;
}

const ADDS: readonly string[] = ["BiasAdd", "Add", "AddV2"];

export function isPerChannel({ shape, size }: Tensor): boolean {
  return shape.length > 0 && shape.at(-1) === size;
}

function withBias(node: GraphPlace, kernel: () => Tensor, given?: Tensor): () => LinearWeights {
  const bias = given ?? biasAfter(node);
  return () => ({ kernel: kernel(), bias: bias && reshape(bias, [-1]) });
}

/** Activations by their lower-case name. */
export const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu: (x) => relu(x),
  relu6: (x) => relu6(x),
  elu: (x) => elu(x),
  selu: (x) => selu(x),
  sigmoid: (x) => sigmoid(x),
  tanh: (x) => tanh(x),
  softplus: (x) => softplus(x),
};

/** A linear operation with what is fused to it: a bias, then an activation. */
function fused(
  node: GraphPlace,
  kind: "linear" | "convolution",
  operationOf: (weights: () => LinearWeights) => LinearOperation | undefined,
  kernelOf: (kernel: Tensor) => Tensor = (kernel) => kernel,
): Stages | undefined {
  const kernel = constant(node, 1);
  const extras = (node.attributes["fusedOps"] ?? []) as readonly string[];
  const [first, second] = extras[0] === "biasadd" ? extras : [undefined, ...extras];
  const bias = first === undefined ? undefined : constant(node, 2);
  if (kernel === undefined || (first !== undefined && bias === undefined)) return undefined;
  const operation = operationOf(withBias(node, () => kernelOf(kernel), bias));
  if (operation === undefined) return undefined;
  const stage: PartDescription = { kind, linear: operation };
  if (second === undefined) return [stage];
  const alpha = (node.attributes["leakyreluAlpha"] as number | undefined) ?? 0.2;
  const forward = second === "leakyrelu" ? (x: Tensor): Tensor => leakyRelu(x, alpha) : ACTIVATIONS[second];
  return forward && [stage, activationStage(second, forward)];
}

/** A convolution of images. */
export function convolution(node: GraphPlace): Stages | undefined {
  const options = convOptions(node);
  return options && fused(node, "convolution", (weights) => imageConvolution(weights, options));
}

/** A convolution of each channel. */
export function depthwise(node: GraphPlace): Stages | undefined {
  const options = convOptions(node);
  return options && fused(node, "convolution", (weights) => depthwiseConvolution(weights, options));
}

/** A product with a constant matrix, or of two computed ones. */
export function product(node: GraphPlace): Stages | undefined {
  const { transposeA, transposeB } = node.attributes;
  if (constant(node, 0) === undefined && constant(node, 1) === undefined) return [{ kind: "matMul" }];
  if (transposeA === true || constant(node, 1)?.rank !== 2) return undefined;
  return fused(node, "linear", denseOperation, (kernel) =>
    transposeB === true ? transpose(kernel) : kernel,
  );
}

/** Linear operations that may have their bias in the node behind them. */
export const LINEAR: readonly string[] = [
  "MatMul",
  "BatchMatMul",
  "BatchMatMulV2",
  "Conv2D",
  "DepthwiseConv2d",
  "DepthwiseConv2dNative",
];
