import { keptClone } from "@hookdict/tensordict/tensors";
import { broadcastTo, reshape, slice, type Tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import { matricesUnfit } from "../errors.ts";

/** The axes of both, where they are equal or 1. */
export function joint(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const axes = Array.from({ length: rank }, (_, i) => {
    const [x = 1, y = 1] = [a[a.length - rank + i], b[b.length - rank + i]];
    return x === y || x === 1 || y === 1 ? Math.max(x, y) : 0;
  });
  return axes.includes(0) ? undefined : axes;
}

/** In a shape, kept by no scope. **Ownership:** *returns owned*. */
export function kept(of: Tensor, shape: readonly number[]): Tensor {
  return tidy(() => keptClone(fittedTo(of, shape)));
}

/** With axes before the matrix as another has them. */
export function fitted(of: Tensor, like: Tensor): Tensor {
  const leading = joint(of.shape.slice(0, -2), like.shape.slice(0, -2));
  if (leading === undefined) throw matricesUnfit(like.shape, of.shape);
  return fittedTo(of, [...leading, ...of.shape.slice(-2)]);
}

function fittedTo(of: Tensor, shape: readonly number[]): Tensor {
  return of.shape.join() === shape.join() ? of : broadcastTo(of, [...shape]);
}

/** The last two axes the other way round. */
export function flipped(of: Tensor): Tensor {
  const { rank } = of;
  return transpose(of, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}

/** One of those along the first axes. */
export function picked(of: Tensor, indices: readonly number[]): Tensor {
  const sizes = of.shape.map((size, axis) => (axis < indices.length ? 1 : size));
  return reshape(slice(of, [...indices], sizes), of.shape.slice(indices.length));
}
