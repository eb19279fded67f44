import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { squaredDistance } from "../rows/metrics.ts";
import { dot, meanOf, readPair, rowOf, type Rows } from "../rows/rows.ts";
import { kendall, pearson, spearman } from "./correlation.ts";
import type { SimilarityResult } from "./similarity.ts";

/** How unlike two rows are, after something is done to each row once. */
const DISTANCES = {
  euclidean: {
    prepared: (rows: Rows) => rows,
    of: (a: Float64Array, b: Float64Array) => Math.sqrt(squaredDistance(a, b)),
  },
  cosine: { prepared: divided, of: oneLess },
  correlation: { prepared: (rows: Rows) => divided(eachLessItsMean(rows)), of: oneLess },
};
const CORRELATIONS = { spearman: spearman, pearson: pearson, kendall: kendall };

/** Options of {@link rsa}. */
export interface RsaOptions {
  /** How unlike two examples are. Default `"correlation"`. */
  readonly distance?: "euclidean" | "cosine" | "correlation";
  /** How the dissimilarities are compared; `"kendall"` is tau-b. Default `"spearman"`. */
  readonly correlation?: "spearman" | "pearson" | "kendall";
}

/** What {@link rsa} returns. */
export interface RsaResult extends SimilarityResult {
  /** Dissimilarities of all pairs of `x` and of `y`: the upper triangle, row by row. */
  readonly dissimilarities: readonly [Float64Array, Float64Array];
}

/**
 * Representational similarity analysis: the correlation of the dissimilarities between examples in two representations `[n, ...]`;
 * NaN where all examples are as unlike in one of them, and where the distance of two is not defined, as by correlation from an
 * example whose values are all the same. Kriegeskorte et al. 2008. **Ownership:** borrows both tensors.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * const x = tensor2d([[1, 0, 2], [0, 1, 5], [3, 1, 0]]);
 * (await rsa(x, x, { distance: "euclidean" })).value.toFixed(4); // => "1.0000"
 */
export async function rsa(x: Tensor, y: Tensor, options: RsaOptions = {}): Promise<RsaResult> {
  checkKnownOptions("rsa", options, ["distance", "correlation"]);
  const { distance = "correlation", correlation = "spearman" } = options;
  if (!Object.hasOwn(DISTANCES, distance))
    throw optionInvalid("rsa", "distance", distance, '"euclidean", "cosine" or "correlation"');
  if (!Object.hasOwn(CORRELATIONS, correlation))
    throw optionInvalid("rsa", "correlation", correlation, '"spearman", "pearson" or "kendall"');
  const [a, b] = await readPair("rsa", x, y, 3);
  const [p, q] = [pairsOf(a, DISTANCES[distance]), pairsOf(b, DISTANCES[distance])];
  const isKnown = !p.some(Number.isNaN) && !q.some(Number.isNaN);
  return { value: isKnown ? CORRELATIONS[correlation](p, q) : Number.NaN, dissimilarities: [p, q] };
}

function oneLess(a: Float64Array, b: Float64Array): number {
  return 1 - dot(a, b);
}

/** Rows of length 1; a row of zeros has no direction and becomes NaN. */
function divided(rows: Rows): Rows {
  return eachRow(rows, (row) => {
    const length = Math.sqrt(dot(row, row));
    return row.map((value) => value / length);
  });
}

function eachLessItsMean(rows: Rows): Rows {
  return eachRow(rows, (row) => {
    const mean = meanOf(row);
    return row.map((value) => value - mean);
  });
}

function eachRow(rows: Rows, change: (row: Float64Array) => Float64Array): Rows {
  const values = new Float64Array(rows.values.length);
  for (let row = 0; row < rows.n; row++) values.set(change(rowOf(rows, row)), row * rows.width);
  return { ...rows, values };
}

function pairsOf(given: Rows, { prepared, of: distance }: (typeof DISTANCES)["cosine"]): Float64Array {
  const rows = prepared(given);
  const found = new Float64Array((rows.n * (rows.n - 1)) / 2);
  let at = 0;
  for (let row = 0; row < rows.n; row++)
    for (let other = row + 1; other < rows.n; other++)
      found[at++] = distance(rowOf(rows, row), rowOf(rows, other));
  return found;
}
