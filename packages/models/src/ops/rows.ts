import { isTaping } from "@hookdict/tensordict/tensors";
import { gather, reshape, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { runFused } from "./fused.ts";

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
  const isPlain = rows.dtype === "float32" && tokens.dtype === "int32" && !isTaping();
  const [fused] = (isPlain && runFused("HookdictEmbed", { table: rows, ids: tokens })) || [];
  if (fused !== undefined) return fused;
  const [batch, pos] = tokens.shape;
  return reshape(gather(rows, reshape(tokens, [batch * pos])), [batch, pos, rows.shape[1]]);
}
