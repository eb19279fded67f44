import { countWords, isCount } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { optionInvalid } from "@hookdict/contexts";
import { pointsDuplicate } from "../rows/errors.ts";
import { type Neighbourhood, neighbourhoods } from "../rows/neighbours.ts";
import type { Rows } from "../rows/rows.ts";

/** What every estimator of intrinsic dimension returns; most return more beside it. */
export interface DimensionResult {
  /** The estimated dimension of the whole set. */
  readonly value: number;
}

/** What estimators return that look at the surroundings of each point. */
export interface LocalDimensionResult extends DimensionResult {
  /** The estimate at each row; `value` is their mean. */
  readonly perPoint: Float64Array;
}

/** Estimates the intrinsic dimension of the points `[n, ...]`. **Ownership:** borrows `x`. */
export type DimensionEstimator = (x: Tensor) => Promise<DimensionResult>;

/**
 * The nearest `k` rows of each row, which none of them equals.
 *
 * @throws UsageError `POINTS_DUPLICATE`
 */
export async function distinctNeighbourhoods(
  owner: string,
  rows: Rows,
  k: number,
): Promise<readonly Neighbourhood[]> {
  const found = await neighbourhoods(rows, k);
  const row = found.findIndex(({ distances }) => distances[0] === 0);
  if (row >= 0) throw pointsDuplicate(owner, row, found[row]?.indices[0] ?? 0);
  return found;
}

/** @throws UsageError `OPTION_INVALID` */
export function checkCount(owner: string, option: string, got: unknown, least: number): void {
  if (!isCount(got, least)) throw optionInvalid(owner, option, got, countWords(least));
}
