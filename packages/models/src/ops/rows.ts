import { gather, reshape, slice, tile, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/**
 * Rows of an embedding matrix.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param rows `[dVocab, dModel]`.
 * @param tokens int32 `[batch, pos]`.
 * @returns `[batch, pos, dModel]`.
 */
export function embedRows(rows: Tensor2D, tokens: Tensor2D): Tensor {
  const [batch, pos] = tokens.shape;
  return reshape(gather(rows, reshape(tokens, [batch * pos])), [batch, pos, rows.shape[1]]);
}

/** The first `pos` rows of `[nPositions, dModel]`, once per batch row: `[batch, pos, dModel]`. */
export function positionRows(rows: Tensor2D, batch: number, pos: number): Tensor {
  const first = reshape(slice(rows, 0, pos), [1, pos, rows.shape[1]]);
  return batch === 1 ? first : tile(first, [batch, 1, 1]);
}
