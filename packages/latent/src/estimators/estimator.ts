import { needRows } from "../rows/rows.ts";
import { add, matMul, reshape, type Tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { columnsDiffer } from "../rows/errors.ts";
import { notFitted } from "./errors.ts";

/** What a linear estimator has found, as plain data. */
export interface LinearCoefficients {
  /** One row for each output, one number for each feature. */
  readonly coef: readonly (readonly number[])[];
  /** One number for each output. */
  readonly intercept: readonly number[];
}

/**
 * Learns to tell `y` from `x` and tells it. Estimators of your own have these methods, too.
 *
 * `X` is a tensor `[n, ...]`, for estimators of two sites a pair of tensors.
 */
export interface Estimator<X = Tensor> {
  readonly name: string;
  /** Fits from scratch. **Ownership:** borrows `x` and `y`. */
  fit(x: X, y: Tensor): Promise<this>;
  /** Predictions, one for each row. **Ownership:** borrows `x`, returns owned. */
  predict(x: X): Tensor;
  /** How good the predictions are: accuracy of classes, R^2 of numbers. **Ownership:** borrows `x` and `y`. */
  score(x: X, y: Tensor): Promise<number>;
}

/** `x W^T + b`, `[n, outputs]`, on the backend. **Ownership:** borrows `x`, returns owned. */
export function applyLinear(owner: string, x: Tensor, found: LinearCoefficients | undefined): Tensor {
  if (found === undefined) throw notFitted(owner);
  needRows(owner, "x", x);
  const width = found.coef[0]?.length ?? 0;
  const got = x.size / (x.shape[0] ?? 1);
  if (got !== width) throw columnsDiffer(owner, width, got);
  return tidy(() => {
    const rows = reshape(x, [-1, width]);
    const weights = tensor2d(found.coef as number[][], undefined, "float32");
    return add(matMul(rows, weights, false, true), tensor1d(found.intercept as number[], "float32"));
  });
}
