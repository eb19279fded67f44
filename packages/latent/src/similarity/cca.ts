import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { dot, centred, meanOf, readPair, toMatrix } from "../rows/rows.ts";
import { basisOf, correlate } from "./canonical.ts";
import type { SimilarityResult } from "./similarity.ts";

/** What {@link cca} returns. */
export interface CcaResult extends SimilarityResult {
  /** Canonical correlations, the largest first. */
  readonly correlations: readonly number[];
  readonly meanSquared: number;
}

/**
 * Canonical correlations of two representations `[n, ...]`; the value is their mean. Directions without any variance are left out.
 * Raghu et al., arXiv 1706.05806; Kornblith et al., arXiv 1905.00414. **Ownership:** borrows both tensors.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`
 * @example
 * const x = tensor2d([[1], [2], [4]]);
 * (await cca(x, mul(x, -2))).value.toFixed(4); // => "1.0000"
 */
export async function cca(x: Tensor, y: Tensor): Promise<CcaResult> {
  const [a, b] = await readPair("cca", x, y, 2);
  const { correlations } = correlate(basisOf("cca", "x", a), basisOf("cca", "y", b));
  return { value: meanOf(correlations), meanSquared: meanOf(correlations.map((r) => r ** 2)), correlations };
}

/** Options of {@link svcca}. */
export interface SvccaOptions {
  /** The part of the variance that the kept singular directions reach. Default 0.99. */
  readonly threshold?: number;
}

/** What {@link svcca} returns. */
export interface SvccaResult extends CcaResult {
  /** How many singular directions of each were kept. */
  readonly kept: readonly [number, number];
}

/**
 * Canonical correlations of the leading singular directions of two representations `[n, ...]`; the value is their mean.
 * Raghu et al., arXiv 1706.05806. **Ownership:** borrows both tensors.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`,
 * `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const x = tensor2d([[1, 0], [2, 0.1], [4, 0]]);
 * (await svcca(x, x, { threshold: 0.9 })).kept; // => [1, 1]
 */
export async function svcca(x: Tensor, y: Tensor, options: SvccaOptions = {}): Promise<SvccaResult> {
  checkKnownOptions("svcca", options, ["threshold"]);
  const { threshold = 0.99 } = options;
  if (!(Number.isFinite(threshold) && threshold > 0 && threshold <= 1))
    throw optionInvalid("svcca", "threshold", threshold, "a number above 0 and up to 1");
  const [a, b] = await readPair("svcca", x, y, 2);
  const [p, q] = [basisOf("svcca", "x", a, threshold), basisOf("svcca", "y", b, threshold)];
  const { correlations } = correlate(p, q);
  const meanSquared = meanOf(correlations.map((r) => r ** 2));
  return { value: meanOf(correlations), meanSquared, correlations, kept: [p.count, q.count] };
}

/** What {@link pwcca} returns. */
export interface PwccaResult extends CcaResult {
  /** The weight of each correlation; they sum up to 1. */
  readonly weights: readonly number[];
}

/**
 * Canonical correlations of two representations `[n, ...]`, weighted by how much of `x` each variate accounts for: not symmetric.
 * Morcos et al., arXiv 1806.05759, equation 3. **Ownership:** borrows both tensors.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`
 * @example
 * const x = tensor2d([[1], [2], [4]]);
 * (await pwcca(x, x)).weights; // => [1]
 */
export async function pwcca(x: Tensor, y: Tensor): Promise<PwccaResult> {
  const [a, b] = await readPair("pwcca", x, y, 2);
  const { correlations, variates } = correlate(basisOf("pwcca", "x", a), basisOf("pwcca", "y", b));
  const columns = toMatrix(centred(a)).transpose().to2DArray();
  const raw = correlations.map((_, at) => {
    const variate = Float64Array.from(variates.getColumn(at));
    return columns.reduce((sum, column) => sum + Math.abs(dot(variate, Float64Array.from(column))), 0);
  });
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const weights = raw.map((weight) => weight / total);
  const value = correlations.reduce((sum, r, at) => sum + r * (weights[at] ?? 0), 0);
  return { value, meanSquared: meanOf(correlations.map((r) => r ** 2)), correlations, weights };
}
