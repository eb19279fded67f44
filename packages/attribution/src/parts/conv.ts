import { checkWeights, computed } from "./check.ts";
import { checkArgument } from "@hookdict/tensordict";
import { add, conv2d, conv2dTranspose, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import type { LinearOperation, LinearWeights, PartDescription } from "./part.ts";
import { Part } from "./part.ts";

/** Padding of a window, as TensorFlow names it. */
export type Padding = "same" | "valid";

/** How the windows of a convolution or a pooling lie. */
export interface WindowOptions {
  /** Default `[1, 1]` for a convolution, the window's size for a pooling. */
  readonly strides?: readonly [number, number];
  /** Default `"valid"`. */
  readonly padding?: Padding;
}

/** A convolution as a linear operation, for kernels `[height, width, in, out]`. */
export function convOperation(
  weights: () => LinearWeights,
  strides: readonly [number, number],
  padding: Padding,
): LinearOperation {
  const steps: [number, number] = [...strides];
  return {
    weights,
    apply: (x, kernel) => conv2d(x as Tensor4D, kernel as Tensor4D, steps, padding), // images and kernels are of rank 4
    adjoint: (s, kernel, shape) =>
      conv2dTranspose(s as Tensor4D, kernel as Tensor4D, [...shape] as never, steps, padding), // likewise
  };
}

/**
 * A convolution of images `[batch, height, width, channel]`.
 *
 * **Ownership:** *borrows* the weights: kernel `[height, width, in, out]`, bias `[out]`, float32.
 *
 * @example
 * const kernel = ones([2, 2, 1, 1]);
 * new Conv2d({ kernel }).call(ones([1, 2, 2, 1])).dataSync()[0]; // => 4
 */
export class Conv2d extends Part {
  kernel: Tensor;
  bias: Tensor | undefined;
  readonly part: PartDescription;
  readonly #operation: LinearOperation;

  constructor(
    weights: { readonly kernel: Tensor; readonly bias?: Tensor | undefined },
    options: WindowOptions = {},
  ) {
    super();
    checkWeights("Conv2d", weights, ["kernel"], ["bias"]);
    checkArgument("Conv2d", "options", options, "a record");
    const { strides = [1, 1], padding = "valid" } = options;
    checkArgument("Conv2d", "options.strides", strides, "a list of finite numbers");
    this.kernel = weights.kernel;
    this.bias = weights.bias;
    this.#operation = convOperation(() => ({ kernel: this.kernel, bias: this.bias }), strides, padding);
    this.part = { kind: "convolution", linear: this.#operation };
  }

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () => {
      const product = this.#operation.apply(x, this.kernel);
      return this.bias === undefined ? product : add(product, this.bias);
    });
  }
}
