import {
  avgPool,
  conv2d,
  conv2dTranspose,
  div,
  maxPool,
  ones,
  reshape,
  transpose,
  type Tensor,
  type Rank,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import type { Padding, WindowOptions } from "./conv.ts";
import type { LinearOperation, PartDescription } from "./part.ts";
import { Part } from "./part.ts";

type Pair = readonly [number, number];

/** An average pooling as a linear operation without weights; its padding counts for nothing. */
export function averagePoolOperation(window: Pair, strides: Pair, padding: Padding): LinearOperation {
  return {
    weights: () => ({ kernel: ones([1]), bias: undefined }),
    apply: (x) => avgPool(x as Tensor4D, [...window], [...strides], padding), // images are of rank 4
    adjoint: (s, _kernel, shape) => spread(s as Tensor4D, window, strides, padding, shape), // likewise
  };
}

/** What each window gives, shared out evenly to its entries, channel by channel. */
function spread(
  s: Tensor4D,
  window: Pair,
  strides: Pair,
  padding: Padding,
  shape: readonly number[],
): Tensor {
  const [batch = 1, height = 1, width = 1, channels = 1] = shape;
  const planes = [batch * channels, height, width, 1] as [number, number, number, number];
  const kernel: Tensor4D = ones([...window, 1, 1]);
  // At the border a window of padding "same" has fewer entries, over which it averages.
  const counts = conv2d(ones<Rank.R4>([1, height, width, 1]), kernel, [...strides], padding);
  const flat = reshape(transpose(s, [0, 3, 1, 2]), [planes[0], s.shape[1], s.shape[2], 1]);
  const shared: Tensor4D = conv2dTranspose(
    div<Tensor4D>(flat, counts),
    kernel,
    planes,
    [...strides],
    padding,
  );
  return transpose(reshape(shared, [batch, channels, height, width]), [0, 2, 3, 1]);
}

/**
 * Means over windows of images `[batch, height, width, channel]`.
 *
 * @example
 * new AveragePool2d([2, 2]).call(tensor4d([1, 2, 3, 6], [1, 2, 2, 1])).dataSync()[0]; // => 3
 */
export class AveragePool2d extends Part {
  readonly part: PartDescription;
  readonly #operation: LinearOperation;

  constructor(window: Pair, { strides = window, padding = "valid" }: WindowOptions = {}) {
    super();
    this.#operation = averagePoolOperation(window, strides, padding);
    this.part = { kind: "averagePool", linear: this.#operation };
  }

  override forward(x: Tensor): Tensor {
    return this.#operation.apply(x, x); // there is no kernel
  }
}

/**
 * Maxima over windows of images `[batch, height, width, channel]`.
 *
 * @example
 * new MaxPool2d([2, 2]).call(tensor4d([1, 2, 3, 6], [1, 2, 2, 1])).dataSync()[0]; // => 6
 */
export class MaxPool2d extends Part {
  readonly part: PartDescription = { kind: "maxPool" };
  readonly window: Pair;
  readonly strides: Pair;
  readonly padding: Padding;

  constructor(window: Pair, { strides = window, padding = "valid" }: WindowOptions = {}) {
    super();
    this.window = window;
    this.strides = strides;
    this.padding = padding;
  }

  override forward(x: Tensor): Tensor {
    return maxPool(x as Tensor4D, [...this.window], [...this.strides], this.padding); // images are of rank 4
  }
}
