import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnown, optionInvalid } from "../options.ts";
import { distancesFrom, minkowski, orderFrom } from "../rows/neighbours.ts";
import { readPair } from "../rows/rows.ts";
import type { SimilarityResult } from "./similarity.ts";

/** Options of {@link informationImbalance}. */
export interface InformationImbalanceOptions {
  /** Neighbours whose ranks are averaged. Default 1. */
  readonly k?: number;
  /** Exponent of the Minkowski distance. Default 2, the Euclidean one. */
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
  checkKnown(owner, options, ["k", "p"]);
  const { k = 1, p = 2 } = options;
  if (!Number.isInteger(k) || k < 1) throw optionInvalid(owner, "k", k, "a whole number of at least 1");
  if (!(p >= 1)) throw optionInvalid(owner, "p", p, "a number of at least 1");
  const [a, b] = await readPair(owner, x, y, k + 1);
  const distance = minkowski(p);
  let [forward, reverse] = [0, 0];
  for (let row = 0; row < a.n; row++) {
    const first = orderFrom(distancesFrom(a, row, distance), row);
    const second = orderFrom(distancesFrom(b, row, distance), row);
    for (let at = 0; at < k; at++) {
      forward += second.indexOf(first[at] ?? 0) + 1;
      reverse += first.indexOf(second[at] ?? 0) + 1;
    }
  }
  const factor = 2 / (a.n ** 2 * k);
  return { value: factor * forward, reverse: factor * reverse };
}
