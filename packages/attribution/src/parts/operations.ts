import { depthwiseConv2d, mean, ones, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import { convOperation, type Padding } from "./conv.ts";
import type { LinearOperation, LinearWeights } from "./part.ts";
import { linearBy } from "./vjp.ts";

type Pair = readonly [number, number];

/** How a convolution's windows lie. */
export interface ConvOptions {
  readonly strides: Pair;
  readonly padding: Padding;
}

/** A convolution of images. */
export function imageConvolution(weights: () => LinearWeights, options: ConvOptions): LinearOperation {
  return convOperation(weights, options.strides, options.padding);
}

/** A convolution of each channel by itself, for kernels `[height, width, in, multiplier]`. */
export function depthwiseConvolution(
  weights: () => LinearWeights,
  { strides, padding }: ConvOptions,
): LinearOperation {
  const { shape } = weights().kernel;
  return linearBy(
    weights,
    (x, kernel) => depthwiseConv2d(x as Tensor4D, kernel as Tensor4D, [...strides], padding), // as above
    shape.slice(2),
  );
}

/** An operation without weights that gives weighted means of its input. */
export function averageOperation(apply: (x: Tensor) => Tensor): LinearOperation {
  return linearBy(() => ({ kernel: ones([1]), bias: undefined }), apply);
}

/** A mean over axes. */
export function meanOperation(axes: readonly number[], keepDims: boolean): LinearOperation {
  return averageOperation((x) => mean(x, [...axes], keepDims));
}
