import {
  mul,
  reshape,
  slice,
  squeeze,
  sum,
  tensor1d,
  tile,
  transpose,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** `count` copies of a batch, one after the other: `[count * batch, ...]`. */
export function repeatBatch(tensor: Tensor, count: number): Tensor {
  return tile(tensor, [count, ...tensor.shape.slice(1).map(() => 1)]);
}

/** Copies told apart: `[count * batch, ...]` as `[count, batch, ...]`. */
export function byCopy(tensor: Tensor, count: number): Tensor {
  return reshape(tensor, [count, (tensor.shape[0] ?? 0) / count, ...tensor.shape.slice(1)]);
}

/** Copies as one batch again. */
export function asRows(tensor: Tensor): Tensor {
  const [count = 1, batch = 1, ...rest] = tensor.shape;
  return reshape(tensor, [count * batch, ...rest]);
}

/** Numbers of one for each copy, shaped to multiply `[count, batch, ...]`. */
export function perCopy(values: Tensor, rank: number): Tensor {
  return reshape(values, [values.size, ...Array.from({ length: rank - 1 }, () => 1)]);
}

/** Everything but the first axis. */
export function innerAxes(tensor: Tensor): number[] {
  return tensor.shape.slice(1).map((_, i) => i + 1);
}

/** Swaps the first two axes: `[batch, samples, ...]` to `[samples, batch, ...]` and back. */
export function swapFirst(tensor: Tensor): Tensor {
  return transpose(tensor, [1, 0, ...tensor.shape.slice(2).map((_, i) => i + 2)]);
}

/** Sums over the copies with a weight each. */
export function weigh(tensor: Tensor, weights: readonly number[]): Tensor {
  const copies = byCopy(tensor, weights.length);
  return sum(mul(copies, perCopy(tensor1d([...weights]), copies.rank)), 0);
}

/** Copies of a batch, `[count * batch, ...]`, example by example: `[batch, count, ...]`. */
export function byExample(tensor: Tensor, count: number): Tensor {
  return swapFirst(byCopy(tensor, count));
}

/** One copy of a batch, of what is given example by example: `[batch, count, ...]` to `[batch, ...]`. */
export function copyOf(tensor: Tensor, copy: number): Tensor {
  const rest = tensor.shape.slice(2);
  const [batch = 0] = tensor.shape;
  return squeeze(slice(tensor, [0, copy, ...rest.map(() => 0)], [batch, 1, ...rest]), [1]);
}
