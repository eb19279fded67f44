import {
  type Tensor2D,
  gather,
  reshape,
  slice,
  tile,
  transpose,
  type Tensor,
  type Tensor3D,
} from "@tensorflow/tfjs-core";

/**
 * Rows of an embedding matrix that is stored transposed, so that a tied unembedding can multiply by it as it is and the
 * matrix is held once.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param columns `[dModel, dVocab]`.
 * @param tokens int32 `[batch, pos]`.
 * @returns `[batch, pos, dModel]`.
 */
export function embedColumns(columns: Tensor2D, tokens: Tensor2D): Tensor3D {
  const [batch, pos] = tokens.shape;
  const picked: Tensor2D = gather(columns, reshape(tokens, [batch * pos]), 1);
  return reshape(transpose(picked), [batch, pos, columns.shape[0]]);
}

/** Rows of an embedding matrix `[dVocab, dModel]`; otherwise like {@link embedColumns}. */
export function embedRows(rows: Tensor2D, tokens: Tensor2D): Tensor3D {
  const [batch, pos] = tokens.shape;
  return reshape(gather(rows, reshape(tokens, [batch * pos])), [batch, pos, rows.shape[1]]);
}

/** The first `pos` rows of `[nPositions, dModel]`, once per batch row: `[batch, pos, dModel]`. */
export function positionRows(rows: Tensor2D, batch: number, pos: number): Tensor {
  const first = reshape(slice(rows, 0, pos), [1, pos, rows.shape[1]]);
  return batch === 1 ? first : tile(first, [batch, 1, 1]);
}
