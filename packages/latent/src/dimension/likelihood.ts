import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { meanOf, readRows, sumOf } from "../rows/rows.ts";
import {
  checkCount,
  type DimensionResult,
  distinctNeighbourhoods,
  type LocalDimensionResult,
} from "./dimension.ts";

/** Options of {@link likelihoodDimension}. */
export interface LikelihoodDimensionOptions {
  /** How many neighbours count. Default 20. */
  readonly k?: number;
  /** Divide by `k - 2` terms in place of `k - 1`. Default `false`. */
  readonly unbiased?: boolean;
}

/** What {@link likelihoodDimension} returns. */
export interface LikelihoodDimensionResult extends LocalDimensionResult {
  /** The inverse of the mean inverse: MacKay and Ghahramani's correction of the mean. */
  readonly harmonic: number;
}

/**
 * Dimension around each point `[n, ...]` by maximum likelihood from its `k` nearest neighbours. Levina and Bickel 2004.
 * **Ownership:** borrows `x`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `POINTS_DUPLICATE`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * const plane = pad2d(randomUniform([300, 2], 0, 1, "float32", 1), [[0, 0], [0, 8]]);
 * Math.round((await likelihoodDimension(plane)).harmonic); // => 2
 */
export async function likelihoodDimension(
  x: Tensor,
  options: LikelihoodDimensionOptions = {},
): Promise<LikelihoodDimensionResult> {
  const owner = "likelihoodDimension";
  checkKnownOptions(owner, options, ["k", "unbiased"]);
  const { k = 20, unbiased = false } = options;
  checkCount(owner, "k", k, unbiased ? 3 : 2);
  const rows = await readRows(owner, "x", x, k + 1);
  const perPoint = Float64Array.from(await distinctNeighbourhoods(owner, rows, k), ({ distances }) => {
    const logs = distances.map((distance) => Math.log((distances[k - 1] ?? 0) / distance));
    return (unbiased ? k - 2 : k - 1) / sumOf(logs);
  });
  return { value: meanOf(perPoint), perPoint, harmonic: 1 / meanOf(perPoint.map((one) => 1 / one)) };
}

/** Options of {@link gride}. */
export interface GrideOptions {
  /** Ranks `n1` of the nearer neighbours; the other is the `2 n1`-th. Default `[1, 2, 4, 8, 16]`, as far as there are points. */
  readonly ranks?: readonly number[];
  /** The number in the likelihood: `"n"`, or `"n - 1"` as dadapy has it. Default `"n"`. */
  readonly weight?: "n" | "n - 1";
}

/** What {@link gride} returns; the value is the estimate of the first rank. */
export interface GrideResult extends DimensionResult {
  readonly ranks: readonly number[];
  /** The estimate of each rank: how the dimension changes with the scale that is looked at. */
  readonly perRank: Float64Array;
}

/**
 * Dimension on several scales, by maximum likelihood from ratios of distances to the `n1`-th and `2 n1`-th neighbour.
 * Denti et al., arXiv 2104.13832. **Ownership:** borrows `x`, `[n, ...]`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `POINTS_DUPLICATE`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * const plane = pad2d(randomUniform([300, 2], 0, 1, "float32", 1), [[0, 0], [0, 8]]);
 * Math.round((await gride(plane, { ranks: [4] })).value); // => 2
 */
export async function gride(x: Tensor, options: GrideOptions = {}): Promise<GrideResult> {
  checkKnownOptions("gride", options, ["ranks", "weight"]);
  const { ranks: wanted, weight = "n" } = options;
  if (!["n", "n - 1"].includes(weight)) throw optionInvalid("gride", "weight", weight, '"n" or "n - 1"');
  if (wanted !== undefined && (!Array.isArray(wanted) || wanted.length === 0))
    throw optionInvalid("gride", "ranks", wanted, "a list of ranks, such as [1, 2, 4]");
  for (const rank of wanted ?? []) checkCount("gride", "ranks", rank, 1);
  const rows = await readRows("gride", "x", x, 2 * Math.max(...(wanted ?? [1])) + 1);
  const ranks = wanted ?? [1, 2, 4, 8, 16].filter((rank) => 2 * rank < rows.n);
  const near = await distinctNeighbourhoods("gride", rows, 2 * Math.max(...ranks));
  const perRank = Float64Array.from(ranks, (rank) => {
    const logs = near.map(({ distances }) =>
      Math.log((distances[2 * rank - 1] ?? 0) / (distances[rank - 1] ?? 1)),
    );
    return likeliest(logs, rank, weight === "n" ? rows.n : rows.n - 1);
  });
  return { value: perRank[0] ?? Number.NaN, ranks, perRank };
}

/** The root of the score, which falls from infinity on, by bisection. */
function likeliest(logs: readonly number[], rank: number, weight: number): number {
  const score = (d: number): number => {
    let total = weight / d;
    for (const log of logs) {
      if (log > 0) total += ((rank - 1) * log) / -Math.expm1(-d * log) - (2 * rank - 1) * log;
      else total += (rank - 1) / d; // the limit
    }
    return total;
  };
  let [low, high] = [0, 1];
  while (score(high) > 0 && high < 2 ** 40) [low, high] = [high, 2 * high];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (score(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
