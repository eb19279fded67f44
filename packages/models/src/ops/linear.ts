import { add, engine, fused, matMul, reshape, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/**
 * `x W + b`, on the last axis.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[..., dIn]`.
 * @param weight `[dIn, dOut]`: never transposed here, which is 10 times slower for large matrices on wasm.
 * @param bias `[dOut]`.
 * @returns `[..., dOut]`.
 */
export function linear(x: Tensor, weight: Tensor2D, bias: Tensor): Tensor {
  const flat: Tensor2D = reshape(x, [-1, weight.shape[0]]);
  return reshape(product(flat, weight, bias), [...x.shape.slice(0, -1), weight.shape[1]]);
}

// The fused product is one pass quicker, but its gradient always computes the weights' part too, which costs as much as
// the rest of the backward pass; apart, each part is computed only if it is asked for.
function product(x: Tensor2D, weight: Tensor2D, bias: Tensor): Tensor {
  const isDifferentiated = engine().state.gradientDepth > 0;
  return isDifferentiated ? add(matMul(x, weight), bias) : fused.matMul({ a: x, b: weight, bias });
}
