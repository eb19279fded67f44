import {
  avgPool,
  clipByValue,
  conv1d,
  elu,
  expandDims,
  leakyRelu,
  max,
  maxPool,
  relu,
  softmax,
  squeeze,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import type { Padding } from "./conv.ts";
import { denseOperation } from "./linear.ts";
import { affineOf } from "./norms.ts";
import {
  averageOperation,
  type ConvOptions,
  depthwiseConvolution,
  imageConvolution,
  meanOperation,
} from "./operations.ts";
import type { LinearOperation, LinearWeights, PartDescription } from "./part.ts";
import { averagePoolOperation } from "./pool.ts";
import { linearBy } from "./vjp.ts";

interface Call {
  readonly inboundLayers: readonly Layer[];
}

/** What a layer of tfjs-layers has, whatever its class; structural, so that nothing of it is loaded. */
export interface Layer {
  readonly inboundNodes?: readonly Call[];
  readonly outboundNodes?: readonly unknown[];
  /** **Ownership:** the tensors are *borrowed*. */
  getWeights(): readonly Tensor[];
  getConfig(): Readonly<Record<string, unknown>>;
}

interface LayerActivation {
  apply(x: Tensor): Tensor;
  getClassName(): string;
}

type Stages = readonly PartDescription[];

/** Fields that layers of a class have besides. */
function field<T>(layer: Layer, name: string): T | undefined {
  return (layer as unknown as Readonly<Record<string, T | undefined>>)[name];
}

/** An activation by its name. */
export function activationStage(name: string, forward: (x: Tensor) => Tensor): PartDescription {
  const kind = name === "relu" || name === "relu6" ? "relu" : name === "softmax" ? "softmax" : "activation";
  return { kind, forward };
}

/** The activation that a layer applies at its end, if it has one. */
function ending(layer: Layer): Stages {
  const activation = field<LayerActivation>(layer, "activation");
  const name = activation?.getClassName() ?? "linear";
  if (activation === undefined || name === "linear") return [];
  return [activationStage(name, (x) => activation.apply(x))];
}

/** The kernel and the bias, which come in this order. */
function weightsOf(layer: Layer, at = 0): () => LinearWeights {
  const hasBias = layer.getConfig()["useBias"] === true;
  return () => {
    const weights = layer.getWeights();
    return { kernel: weights[at] as Tensor, bias: hasBias ? weights[at + 1] : undefined }; // a built layer has them
  };
}

const isChannelsLast = (layer: Layer): boolean => field(layer, "dataFormat") !== "channelsFirst";

function convOptions(layer: Layer): ConvOptions | undefined {
  const padding = field<string>(layer, "padding");
  const [strides, dilations] = [pairOf(field(layer, "strides")), pairOf(field(layer, "dilationRate"))];
  if (!isChannelsLast(layer) || (padding !== "same" && padding !== "valid")) return undefined;
  return dilations.some((each) => each !== 1) ? undefined : { strides, padding }; // TensorFlow.js has no gradient then
}

function pairOf(value: unknown): readonly [number, number] {
  const [first = 1, second = first] = Array.isArray(value)
    ? (value as number[])
    : [(value as number | null) ?? 1];
  return [first, second];
}

function convolution(layer: Layer, operation: LinearOperation | undefined): Stages | undefined {
  return operation && [{ kind: "convolution", linear: operation }, ...ending(layer)];
}

function convolution1d(layer: Layer): LinearOperation | undefined {
  const options = convOptions(layer);
  return (
    options &&
    linearBy(
      weightsOf(layer),
      (x, kernel) => conv1d(x as Tensor3D, kernel as Tensor3D, options.strides[0], options.padding), // sequences are of rank 3
    )
  );
}

/** A convolution of each channel, then one of width 1 over all channels. */
function separable(layer: Layer): Stages | undefined {
  const options = convOptions(layer);
  if (options === undefined) return undefined;
  const each = depthwiseConvolution(() => ({ kernel: weightsOf(layer)().kernel, bias: undefined }), options);
  const across = imageConvolution(weightsOf(layer, 1), { strides: [1, 1], padding: "valid" });
  return [{ kind: "convolution", linear: each }, { kind: "convolution", linear: across }, ...ending(layer)];
}

function pooling(layer: Layer, kind: "maxPool" | "averagePool"): Stages | undefined {
  const options = convOptions(layer);
  if (options === undefined) return undefined;
  const window = pairOf(field(layer, "poolSize"));
  const { strides, padding } = options;
  if (kind === "averagePool") return [{ kind, linear: averagePoolOperation(window, strides, padding) }];
  return [{ kind, forward: (x) => maxPool(x as Tensor4D, [...window], [...strides], padding) }]; // images are of rank 4
}

/** Windows over sequences `[batch, steps, channel]`. */
function pooling1d(layer: Layer, kind: "maxPool" | "averagePool"): Stages {
  const [size] = pairOf(field(layer, "poolSize"));
  const [stride] = pairOf(field(layer, "strides"));
  const padding = field<Padding>(layer, "padding") ?? "valid";
  const image = (x: Tensor): Tensor4D => expandDims(x as Tensor3D, 2); // sequences are of rank 3
  const pool = kind === "maxPool" ? maxPool : avgPool;
  const forward = (x: Tensor): Tensor => squeeze(pool(image(x), [size, 1], [stride, 1], padding), [2]);
  return kind === "maxPool" ? [{ kind, forward }] : [{ kind, linear: averageOperation(forward) }];
}

function batchNorm(layer: Layer): Stages | undefined {
  const { axis, epsilon, scale, center } = layer.getConfig() as {
    axis: number;
    epsilon: number;
    scale: boolean;
    center: boolean;
  };
  if (!scale || !center || (axis !== -1 && axis !== layerRank(layer) - 1)) return [{ kind: "batchNorm" }];
  const affine = (): ReturnType<typeof affineOf> => {
    const [gamma, beta, mean, variance] = layer.getWeights() as [Tensor, Tensor, Tensor, Tensor]; // in this order
    return affineOf({ gamma, beta, mean, variance }, epsilon);
  };
  return [{ kind: "batchNorm", affine }];
}

function layerRank(layer: Layer): number {
  const shape = field<readonly unknown[]>(layer, "outputShape");
  return shape?.length ?? 0;
}

function layerNorm(layer: Layer): Stages | undefined {
  const { epsilon, scale } = layer.getConfig() as { epsilon: number; scale: boolean };
  const [gain] = layer.getWeights();
  if (!scale || gain?.rank !== 1) return undefined;
  return [{ kind: "layerNorm", norm: { gain, epsilon, isCentered: true } }];
}

const reshaping = (): Stages => [{ kind: "reshape" }];

/** What layers compute, by class; a class that is not among them is unknown. */
export const LAYERS: Readonly<Record<string, (layer: Layer) => Stages | undefined>> = {
  Dense: (layer) => [{ kind: "linear", linear: denseOperation(weightsOf(layer)) }, ...ending(layer)],
  Conv1D: (layer) => convolution(layer, convolution1d(layer)),
  Conv2D: (layer) => {
    const options = convOptions(layer);
    return convolution(layer, options && imageConvolution(weightsOf(layer), options));
  },
  DepthwiseConv2D: (layer) => {
    const options = convOptions(layer);
    return convolution(layer, options && depthwiseConvolution(weightsOf(layer), options));
  },
  SeparableConv2D: separable,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  Activation: ending,
  ReLU: (layer) => {
    const limit = layer.getConfig()["maxValue"] as number | null | undefined;
    return [
      activationStage("relu", (x) =>
        limit === null || limit === undefined ? relu(x) : clipByValue(x, 0, limit),
      ),
    ];
  },
  LeakyReLU: (layer) => [activationStage("leaky", (x) => leakyRelu(x, layer.getConfig()["alpha"] as number))],
  ELU: (layer) => (layer.getConfig()["alpha"] === 1 ? [activationStage("elu", (x) => elu(x))] : undefined),
  Softmax: (layer) => {
    const { axis } = layer.getConfig();
    return (axis ?? -1) === -1 ? [activationStage("softmax", (x) => softmax(x))] : undefined;
  },
  MaxPooling1D: (layer) => pooling1d(layer, "maxPool"),
  AveragePooling1D: (layer) => pooling1d(layer, "averagePool"),
  MaxPooling2D: (layer) => pooling(layer, "maxPool"),
  AveragePooling2D: (layer) => pooling(layer, "averagePool"),
  GlobalMaxPooling1D: () => [{ kind: "maxPool", forward: (x) => max(x, 1) }],
  GlobalAveragePooling1D: () => [{ kind: "averagePool", linear: meanOperation([1], false) }],
  GlobalMaxPooling2D: (layer) =>
    isChannelsLast(layer) ? [{ kind: "maxPool", forward: (x) => max(x, [1, 2]) }] : undefined,
  GlobalAveragePooling2D: (layer) =>
    isChannelsLast(layer) ? [{ kind: "averagePool", linear: meanOperation([1, 2], false) }] : undefined,
  Add: () => [{ kind: "sum" }],
  Multiply: () => [{ kind: "product" }],
  Concatenate: reshaping,
  Flatten: reshaping,
  Reshape: reshaping,
  Permute: reshaping,
  RepeatVector: reshaping,
  Dropout: reshaping, // as models run outside of training
  SpatialDropout1D: reshaping,
  GaussianNoise: reshaping,
  GaussianDropout: reshaping,
  AlphaDropout: reshaping,
  Masking: reshaping,
  ZeroPadding2D: reshaping,
  Cropping2D: reshaping,
  UpSampling2D: (layer) => (field(layer, "interpolation") === "bilinear" ? undefined : reshaping()),
  Embedding: () => [{ kind: "embedding" }],
};
