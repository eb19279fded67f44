import { reshape, tile, transpose, type Tensor } from "@tensorflow/tfjs-core";

// Matrices of attention, by head and back. **Ownership:** all *borrow*; *return owned*.

/** `[in, head * dHead]` as `[head, in, dHead]`. */
export function splitHeads(weight: Tensor, dHead: number): Tensor {
  const [input = 0] = weight.shape;
  return transpose(reshape(weight, [input, -1, dHead]), [1, 0, 2]);
}

/** `[head * dHead, out]` as `[head, dHead, out]`. */
export function splitOutputs(weight: Tensor, heads: number): Tensor {
  const [input = 0, out = 0] = weight.shape;
  return reshape(weight, [heads, input / heads, out]);
}

/** Every one of the heads `heads / n` times, one after the other: `[n, ...]` as `[heads, ...]`. */
export function repeatHeads(x: Tensor, heads: number): Tensor {
  const [count = 1, ...rest] = x.shape;
  if (count === heads) return x;
  const times = heads / count;
  const apart = reshape(x, [count, 1, ...rest]);
  return reshape(tile(apart, [1, times, ...rest.map(() => 1)]), [heads, ...rest]);
}
