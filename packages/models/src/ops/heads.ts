import { reshape, transpose, type Tensor } from "@tensorflow/tfjs-core";

// How the axes of attention are arranged for products. **Ownership:** all *borrow*; *return owned*.

/** `[batch, pos, head, dHead]` as `[batch, head, pos, dHead]`. */
export function byHead(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1, 3]);
}

/** `[batch, head, pos, dHead]` as `[batch, pos, head, dHead]`. */
export function byPosition(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1, 3]);
}

/** `[batch, head, rows, columns]` as `[batch, groups, head / groups * rows, columns]`: neighbouring heads become one. */
export function toGroups(x: Tensor, groups: number): Tensor {
  const [batch = 1, heads = 1, rows = 1, columns = 1] = x.shape;
  return heads === groups ? x : reshape(x, [batch, groups, (heads / groups) * rows, columns]);
}

/** The opposite of {@link toGroups}. */
export function fromGroups(x: Tensor, heads: number): Tensor {
  const [batch = 1, groups = 1, rows = 1, columns = 1] = x.shape;
  return heads === groups ? x : reshape(x, [batch, heads, (rows * groups) / heads, columns]);
}
