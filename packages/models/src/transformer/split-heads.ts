import { add, matMul, reshape, tidy, tile, transpose, type Tensor } from "@tensorflow/tfjs-core";

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

/** `x W + b` where every head has its own input: `[batch, pos, head, in]` as `[batch, pos, head, dHead]`. */
export function linearByHead(x: Tensor, weight: Tensor, bias: Tensor | undefined, heads: number): Tensor {
  const [batch = 1, pos = 1, , input = 1] = x.shape;
  return tidy(() => {
    const rows = reshape(transpose(x, [2, 0, 1, 3]), [heads, batch * pos, input]);
    const products = matMul(rows, splitHeads(weight, weight.size / input / heads));
    const byPosition = transpose(reshape(products, [heads, batch, pos, -1]), [1, 2, 0, 3]);
    return bias === undefined ? byPosition : add(byPosition, reshape(bias, [heads, -1]));
  });
}

/** Every one of the heads `heads / n` times, one after the other: `[n, ...]` as `[heads, ...]`. */
export function repeatHeads(x: Tensor, heads: number): Tensor {
  const [count = 1, ...rest] = x.shape;
  if (count === heads) return x;
  const times = heads / count;
  const apart = reshape(x, [count, 1, ...rest]);
  return reshape(tile(apart, [1, times, ...rest.map(() => 1)]), [heads, ...rest]);
}
