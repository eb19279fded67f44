import type { Tensor } from "@tensorflow/tfjs-core";
import { covarianceSpectrum } from "../rows/decompose.ts";
import { valuesConstant } from "../rows/errors.ts";
import { readRows } from "../rows/rows.ts";
import type { DimensionResult } from "./dimension.ts";

/** What {@link pcaSpectrum} returns; the value is the participation ratio. */
export interface PcaSpectrumResult extends DimensionResult {
  /** Variance along each principal component, the largest first. */
  readonly explainedVariance: readonly number[];
  /** The same as parts of the whole. */
  readonly ratio: readonly number[];
  /** `(sum l)^2 / sum l^2` (Gao et al. 2017). */
  readonly participationRatio: number;
  /** `exp` of the entropy of the ratios (Roy and Vetterli 2007). */
  readonly effectiveRank: number;
  /** The smallest number of components that explain this part of the variance. */
  componentsFor(part: number): number;
}

/**
 * Variance along the principal components of the points `[n, ...]`, and what follows from it.
 * **Ownership:** borrows `x`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`
 * @example
 * const { ratio } = await pcaSpectrum(tensor2d([[1, 0], [-1, 0], [2, 0], [-2, 0]]));
 * ratio; // => [1, 0]
 */
export async function pcaSpectrum(x: Tensor): Promise<PcaSpectrumResult> {
  const rows = await readRows("pcaSpectrum", "x", x, 2);
  const explainedVariance = covarianceSpectrum(rows);
  const total = explainedVariance.reduce((sum, one) => sum + one, 0);
  if (total === 0) throw valuesConstant("pcaSpectrum", "x");
  const ratio = explainedVariance.map((one) => one / total);
  const participationRatio = 1 / ratio.reduce((sum, one) => sum + one ** 2, 0);
  const entropy = -ratio.reduce((sum, one) => sum + (one > 0 ? one * Math.log(one) : 0), 0);
  const componentsFor = (part: number): number => {
    let sum = 0;
    const found = ratio.findIndex((one) => (sum += one) >= part);
    return found < 0 ? ratio.length : found + 1;
  };
  const effectiveRank = Math.exp(entropy);
  return {
    value: participationRatio,
    explainedVariance,
    ratio,
    participationRatio,
    effectiveRank,
    componentsFor,
  };
}
