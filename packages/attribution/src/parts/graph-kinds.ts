import type { GraphPlace } from "@hookdict/core/graph";
import {
  image,
  leakyRelu,
  max,
  maxPool,
  neg,
  onesLike,
  reciprocal,
  reshape,
  scalar,
  softmax,
  type Tensor,
  type Tensor4D,
  zerosLike,
} from "@tensorflow/tfjs-core";
import {
  ACTIVATIONS,
  biasAfter,
  constant,
  convOptions,
  convolution,
  depthwise,
  isChannelsLast,
  isPerChannel,
  LINEAR,
  numbersOf,
  product,
  type Stages,
} from "./graph-linear.ts";
import { activationStage } from "./layer-kinds.ts";
import { nodeBefore } from "./node-before.ts";
import { affineOf } from "./norms.ts";
import { averageOperation, meanOperation } from "./operations.ts";
import { averagePoolOperation } from "./pool.ts";

/** `factor x + offset` with constants; unknown for two computed values. */
function affine(
  node: GraphPlace,
  of: (value: Tensor) => { readonly factor: Tensor; readonly offset: Tensor },
): Stages {
  const value = (constant(node, 0) ?? constant(node, 1)) as Tensor; // callers have looked
  if (!isPerChannel(value) && value.size !== 1) return [{ kind: "batchNorm" }];
  return [{ kind: "batchNorm", affine: () => of(reshape(value, [-1])) }];
}

const isComputed = (node: GraphPlace): boolean =>
  node.inputs.every(({ constant: value }) => value === undefined);

function addition(node: GraphPlace): Stages | undefined {
  if (isComputed(node)) return [{ kind: "sum" }];
  const before = nodeBefore(node);
  const isLinear = before !== undefined && LINEAR.includes(before.op);
  if (isLinear && biasAfter(before) !== undefined) return [{ kind: "bias" }];
  return affine(node, (offset) => ({ factor: onesLike(offset), offset }));
}

function multiplication(node: GraphPlace): Stages {
  return isComputed(node)
    ? [{ kind: "product" }]
    : affine(node, (factor) => ({ factor, offset: zerosLike(factor) }));
}

function pooling(node: GraphPlace, kind: "maxPool" | "averagePool"): Stages | undefined {
  const options = convOptions(node);
  const [, height = 1, width = 1] = (node.attributes["kernelSize"] ?? []) as readonly number[];
  if (options === undefined) return undefined;
  const { strides, padding } = options;
  if (kind === "averagePool")
    return [{ kind, linear: averagePoolOperation([height, width], strides, padding) }];
  return [{ kind, forward: (x) => maxPool(x as Tensor4D, [height, width], [...strides], padding) }]; // images are of rank 4
}

function batchNorm(node: GraphPlace): Stages | undefined {
  if (!isChannelsLast(node)) return undefined;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((at) => constant(node, at));
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined)
    return undefined;
  const { epsilon = 1e-3 } = node.attributes as { epsilon?: number };
  return [{ kind: "batchNorm", affine: () => affineOf({ gamma, beta, mean, variance }, epsilon) }];
}

function reduction(node: GraphPlace, kind: "maxPool" | "averagePool"): Stages | undefined {
  const axes = numbersOf(node, 1);
  const keepDims = node.attributes["keepDims"] === true;
  if (axes === undefined) return undefined;
  return kind === "averagePool"
    ? [{ kind, linear: meanOperation(axes, keepDims) }]
    : [{ kind, forward: (x) => max(x, [...axes], keepDims) }];
}

function bilinear(node: GraphPlace): Stages | undefined {
  const size = numbersOf(node, 1) as [number, number] | undefined;
  const { alignCorners, halfPixelCenters } = node.attributes as Record<string, boolean | undefined>;
  const resize = (x: Tensor): Tensor =>
    image.resizeBilinear(x as Tensor4D, [...(size as [number, number])], alignCorners, halfPixelCenters); // images are of rank 4
  return size && [{ kind: "averagePool", linear: averageOperation(resize) }];
}

function gathering(node: GraphPlace): Stages {
  return [{ kind: constant(node, 0) === undefined ? "reshape" : "embedding" }];
}

const reshaping = (): Stages => [{ kind: "reshape" }];
const constantly = (): Stages => [{ kind: "constant" }];
const activation = (name: string) => (): Stages => [
  activationStage(name, ACTIVATIONS[name] as (x: Tensor) => Tensor),
]; // a name of that table

/** What operations compute, by name; one that is not among them is unknown. */
export const GRAPH_OPERATIONS: Readonly<Record<string, (node: GraphPlace) => Stages | undefined>> = {
  MatMul: product,
  _FusedMatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
  Conv2D: convolution,
  _FusedConv2D: convolution,
  DepthwiseConv2d: depthwise,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
  BiasAdd: addition,
  Add: addition,
  AddV2: addition,
  AddN: () => [{ kind: "sum" }],
  Sub: (node) =>
    constant(node, 1) === undefined
      ? undefined
      : affine(node, (value) => ({ factor: onesLike(value), offset: neg(value) })),
  Mul: multiplication,
  RealDiv: (node) =>
    constant(node, 1) === undefined
      ? undefined
      : affine(node, (value) => ({ factor: reciprocal(value), offset: zerosLike(value) })),
  Neg: () => [{ kind: "batchNorm", affine: () => ({ factor: scalar(-1), offset: scalar(0) }) }],
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  Relu: activation("relu"),
  Relu6: activation("relu6"),
  LeakyRelu: ({ attributes }) => [
    activationStage("leaky", (x) => leakyRelu(x, (attributes["alpha"] as number | undefined) ?? 0.2)),
  ],
  Elu: activation("elu"),
  Selu: activation("selu"),
  Sigmoid: activation("sigmoid"),
  Tanh: activation("tanh"),
  Softplus: activation("softplus"),
  Softmax: () => [activationStage("softmax", (x) => softmax(x))],
  MaxPool: (node) => pooling(node, "maxPool"),
  AvgPool: (node) => pooling(node, "averagePool"),
  Max: (node) => reduction(node, "maxPool"),
  Mean: (node) => reduction(node, "averagePool"),
  ResizeBilinear: bilinear,
  ResizeNearestNeighbor: reshaping,
  Reshape: reshaping,
  EnsureShape: reshaping,
  Squeeze: reshaping,
  ExpandDims: reshaping,
  Transpose: reshaping,
  Identity: reshaping,
  IdentityN: reshaping,
  StopGradient: constantly,
  Pad: reshaping,
  PadV2: reshaping,
  MirrorPad: reshaping,
  ConcatV2: reshaping,
  Concat: reshaping,
  Slice: reshaping,
  StridedSlice: reshaping,
  Split: reshaping,
  SplitV: reshaping,
  Pack: reshaping,
  Unpack: reshaping,
  Tile: reshaping,
  Reverse: reshaping,
  ReverseV2: reshaping,
  DepthToSpace: reshaping,
  SpaceToBatchND: reshaping,
  BatchToSpaceND: reshaping,
  BroadcastTo: reshaping,
  Gather: gathering,
  GatherV2: gathering,
  Cast: reshaping,
  Shape: constantly,
  Size: constantly,
  Rank: constantly,
  Range: constantly,
  Fill: constantly,
  ZerosLike: constantly,
  OnesLike: constantly,
};
