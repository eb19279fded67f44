import { countWords, isCount } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { Keys } from "../rows/keys.ts";
import { minkowski } from "../rows/metrics.ts";
import { countNearer, nearest } from "../rows/neighbours.ts";
import { readPair } from "../rows/rows.ts";
import type { SimilarityResult } from "./similarity.ts";

/** Options of {@link informationImbalance}. */
export interface InformationImbalanceOptions {
  /** Neighbours whose ranks are averaged. Default 1. */
  readonly k?: number;
  /** Exponent of the Minkowski distance, from 1 on; `Infinity` is the largest difference. Default 2, the Euclidean one. */
  readonly p?: number;
}

/** What {@link informationImbalance} returns. */
export interface InformationImbalanceResult extends SimilarityResult {
  /** The imbalance from `y` to `x`; `value` is the one from `x` to `y`. */
  readonly reverse: number;
}

/**
 * How badly neighbours in `x` predict neighbours in `y`: 0 where they are the same, about 1 where they say nothing. Of points as far
 * away, the earlier counts as nearer. Glielmo et al., arXiv 2104.15079. **Ownership:** borrows both tensors, `[n, ...]`.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * const x = tensor2d([[0], [1], [3], [7]]);
 * (await informationImbalance(x, x)).value; // => 0.5
 */
export async function informationImbalance(
  x: Tensor,
  y: Tensor,
  options: InformationImbalanceOptions = {},
): Promise<InformationImbalanceResult> {
  const owner = "informationImbalance";
  checkKnownOptions(owner, options, ["k", "p"]);
  const { k = 1, p = 2 } = options;
  if (!isCount(k)) throw optionInvalid(owner, "k", k, countWords());
  if (!(p >= 1)) throw optionInvalid(owner, "p", p, "a number of at least 1");
  const [a, b] = await readPair(owner, x, y, k + 1);
  const metric = minkowski(p);
  using first = new Keys(a, metric);
  using second = new Keys(b, metric);
  let [forward, reverse] = [0, 0];
  for (let row = 0; row < a.n; row++) {
    if (row % first.step === 0) await Promise.all([first.load(row), second.load(row)]);
    forward += ranks(first, second, row, k);
    reverse += ranks(second, first, row, k);
  }
  const factor = 2 / (a.n ** 2 * k);
  return { value: factor * forward, reverse: factor * reverse };
}

/** Ranks in `second` of the nearest `k` rows in `first`, added up. */
function ranks(first: Keys, second: Keys, row: number, k: number): number {
  const near = nearest(first, row, k);
  const bounds = second.of(row);
  return near.reduce((sum, { at }) => sum + countNearer(second, bounds, row, at) + 1, 0);
}
