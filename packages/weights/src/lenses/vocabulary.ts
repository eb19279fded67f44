import { less, matMul, max, min, neg, reshape, type Tensor, tidy, topk, where } from "@tensorflow/tfjs-core";
import { checkArgument, shown } from "@hookdict/tensordict";
import { lensInvalid } from "../errors.ts";
import { checkMatrices } from "../factored/stack.ts";

/** The tokens that vectors speak for. **Ownership:** both are owned by the receiver. */
export interface TopTokens {
  /** `[..., count]`, the largest first. */
  readonly logits: Tensor;
  /** Their tokens, int32 `[..., count]`. */
  readonly tokens: Tensor;
}

/** Options of {@link topTokens}. */
export interface TopTokensOptions {
  /** How many for each vector. Default 10. */
  readonly count?: number;
  /**
   * Whether vectors without a sign of their own, such as singular ones, are turned so that their largest logit by magnitude is
   * positive. Default `false`.
   */
  readonly isOriented?: boolean;
}

/**
 * Which tokens vectors in the residual stream speak for most: rows of an MLP's `W_out`, decoder directions, columns of a
 * circuit's factors, singular vectors.
 *
 * **Ownership:** *borrows* the vectors `[..., n, dModel]` and the unembedding `[dModel, dVocab]`; *returns owned*.
 *
 * @throws UsageError `LENS_INVALID`; ShapeError `MATRIX_INVALID`
 * @see Millidge and Black, "The singular value decompositions of transformer weight matrices are highly interpretable", 2022
 * @example
 * const { tokens } = topTokens(tensor2d([[1, 2]]), tensor2d([[1, 0, 0], [0, 1, 5]]), { count: 2 });
 * tokens.arraySync(); // => [[2, 1]]
 */
export function topTokens(vectors: Tensor, unembedding: Tensor, options: TopTokensOptions = {}): TopTokens {
  checkArgument("topTokens", "options", options, "a record");
  const { count = 10, isOriented = false } = options;
  checkMatrices("The vectors", vectors);
  checkMatrices("The unembedding", unembedding);
  const [width, tokens = 0] = unembedding.shape;
  if (unembedding.rank !== 2 || vectors.shape.at(-1) !== width)
    throw lensInvalid(
      `vectors [${vectors.shape.join(", ")}] with the unembedding [${unembedding.shape.join(", ")}]`,
      "vectors [..., n, dModel] and an unembedding [dModel, dVocab]",
    );
  if (!Number.isInteger(count) || count < 1 || count > tokens)
    throw lensInvalid(`count: ${shown(count)}`, `a whole number from 1 to ${tokens}`);
  return tidy(() => {
    const rows = matMul(reshape(vectors, [-1, width ?? 1]), unembedding as never); // rank 2, checked
    const { values, indices } = topk(isOriented ? oriented(rows) : rows, count);
    const shape = [...vectors.shape.slice(0, -1), count];
    return { logits: reshape(values, shape), tokens: reshape(indices, shape) };
  });
}

/** Each row turned so that what is largest in it is positive. */
function oriented(rows: Tensor): Tensor {
  const isTurned = less(max(rows, -1, true), neg(min(rows, -1, true)));
  return where(isTurned, neg(rows), rows);
}
