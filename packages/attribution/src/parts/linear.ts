import { checkWeights, computed } from "./check.ts";
import { add, matMul, reshape, type Tensor } from "@tensorflow/tfjs-core";
import type { LinearOperation, LinearWeights, PartDescription } from "./part.ts";
import { Part } from "./part.ts";

/** `x · kernel` over the last axis of `x`, whatever its rank. */
export function applyDense(x: Tensor, kernel: Tensor): Tensor {
  const [inner = 1, outer = 1] = kernel.shape;
  return reshape(matMul(reshape(x, [-1, inner]), kernel as never), [...x.shape.slice(0, -1), outer]); // rank 2
}

/** `s · kernelᵀ` over the last axis of `s`. */
export function adjointDense(s: Tensor, kernel: Tensor, shape: readonly number[]): Tensor {
  const [, outer = 1] = kernel.shape;
  return reshape(matMul(reshape(s, [-1, outer]), kernel as never, false, true), [...shape]); // rank 2
}

/** A dense layer as a linear operation. */
export function denseOperation(weights: () => LinearWeights): LinearOperation {
  return { weights, apply: applyDense, adjoint: adjointDense };
}

/**
 * `x · kernel + bias` over the last axis.
 *
 * **Ownership:** *borrows* the weights: kernel `[in, out]`, bias `[out]`, float32.
 *
 * @example
 * const kernel = tensor2d([[1], [2]]);
 * new Linear({ kernel }).call(tensor2d([[3, 4]])).dataSync()[0]; // => 11
 */
export class Linear extends Part {
  kernel: Tensor;
  bias: Tensor | undefined;
  readonly part: PartDescription;

  constructor(weights: { readonly kernel: Tensor; readonly bias?: Tensor | undefined }) {
    super();
    checkWeights("Linear", weights, ["kernel"], ["bias"]);
    this.kernel = weights.kernel;
    this.bias = weights.bias;
    this.part = { kind: "linear", linear: denseOperation(() => ({ kernel: this.kernel, bias: this.bias })) };
  }

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () => {
      const product = applyDense(x, this.kernel);
      return this.bias === undefined ? product : add(product, this.bias);
    });
  }
}
