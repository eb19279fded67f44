import { gather, reshape, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

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
