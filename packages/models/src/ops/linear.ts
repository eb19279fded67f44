import {
  add,
  fused,
  getBackend,
  matMul,
  reshape,
  sum,
  transpose,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { runCustomOp } from "./custom-op.ts";

/**
 * `x W + b`, on the last axis.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[..., dIn]`.
 * @param weight `[dIn, dOut]`.
 * @param bias `[dOut]`.
 * @param shape Of the result, if it is to be another one than `[..., dOut]`.
 */
export function linear(
  x: Tensor,
  weight: Tensor2D,
  bias: Tensor1D,
  shape: readonly number[] = [...x.shape.slice(0, -1), weight.shape[1]],
): Tensor {
  const flat = asRows(x);
  const product = runCustomOp({
    inputs: { flat, weight, bias },
    forward(save) {
      save([flat, weight]);
      return timesPlus(flat, weight, bias);
    },
    gradients(dy, saved) {
      const [x2, w2, dy2] = [...saved, dy] as [Tensor2D, Tensor2D, Tensor2D]; // as saved above
      return {
        flat: () => timesTransposed(dy2, w2),
        weight: () => matMul(transpose(x2), dy2),
        bias: () => sum(dy2, 0),
      };
    },
  });
  return reshape(product, [...shape]);
}

/**
 * `x Wᵀ`, on the last axis.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[..., dIn]`.
 * @param rows `[dOut, dIn]`, such as an embedding matrix, which then serves as unembedding as it is.
 * @returns `[..., dOut]`.
 */
export function linearTransposed(x: Tensor, rows: Tensor2D): Tensor {
  const flat = asRows(x);
  const product = runCustomOp({
    inputs: { flat, rows },
    forward(save) {
      save([flat, rows]);
      return timesTransposed(flat, rows);
    },
    gradients(dy, saved) {
      const [x2, rows2, dy2] = [...saved, dy] as [Tensor2D, Tensor2D, Tensor2D]; // as saved above
      return { flat: () => matMul(dy2, rows2), rows: () => matMul(transpose(dy2), x2) };
    },
  });
  return reshape(product, [...x.shape.slice(0, -1), rows.shape[0]]);
}

/** `x` as a matrix: what all axes but the last count are its rows. */
export function asRows(x: Tensor): Tensor2D {
  return x.rank === 2 ? (x as Tensor2D) : reshape(x, [-1, x.shape.at(-1) ?? 1]);
}

// On the native backend a fused product is two operations in three dimensions, for which matrices must be reshaped.
function timesPlus(x: Tensor2D, weight: Tensor2D, bias: Tensor1D): Tensor2D {
  const isFused = getBackend() !== "tensorflow";
  const result = isFused ? fused.matMul({ a: x, b: weight, bias }) : add(matMul(x, weight), bias);
  return result as Tensor2D; // matrices give a matrix
}

// On wasm a product with a transposed factor takes a path that is 10 times slower; and with the large matrix on the
// left it is streamed once and not packed into a second copy: for GPT-2's unembedding 0.54 s instead of 0.74 s.
function timesTransposed(x: Tensor2D, rows: Tensor2D): Tensor2D {
  return getBackend() === "wasm" ? transpose(matMul(rows, transpose(x))) : matMul(x, rows, false, true);
}
