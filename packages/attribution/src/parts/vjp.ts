import { grad, type Tensor, zeros } from "@tensorflow/tfjs-core";
import type { LinearOperation } from "./part.ts";

/** The gradient of `<fn(x), dy>`. **Ownership:** borrows; returns owned (by the active scope). */
export function vjp(fn: (x: Tensor) => Tensor, x: Tensor, dy: Tensor): Tensor {
  return grad(fn)(x, dy);
}

/** A linear operation whose transposed map TensorFlow.js works out. */
export function linearBy(
  weights: LinearOperation["weights"],
  apply: LinearOperation["apply"],
  perChannel?: readonly number[],
): LinearOperation {
  return {
    weights,
    apply,
    adjoint: (s, kernel, shape) => vjp((x) => apply(x, kernel), zeros([...shape]), s),
    ...(perChannel && { perChannel }),
  };
}
