import { checkArgument, isTensor, shown } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { lensInvalid } from "../errors.ts";

/** One of some scores that is far from the others. */
export interface Outlier {
  readonly index: number;
  readonly score: number;
  /** How many sample standard deviations it is from the mean of the pool. */
  readonly z: number;
}

/** Options of {@link outliers}. */
export interface OutliersOptions {
  /** How far, in standard deviations. */
  readonly threshold: number;
  /** Which tail. Default `"positive"`. */
  readonly side?: "positive" | "negative";
  /** How many of the most extreme scores on that side are looked at, and give mean and deviation. Default all. */
  readonly pool?: number | undefined;
  /** How many outliers are given at most. Default all. */
  readonly most?: number | undefined;
}

/**
 * Scores in one tail, the most extreme first; none where all are equal.
 *
 * **Ownership:** *borrows* the scores, `[n]`.
 *
 * @throws UsageError `LENS_INVALID`
 * @example
 * (await outliers(tensor1d([0, 0, 0, 0, 5]), { threshold: 1 })).map(({ index }) => index); // => [4]
 */
export async function outliers(scores: Tensor, options: OutliersOptions): Promise<readonly Outlier[]> {
  checkArgument("outliers", "options", options, "a record");
  const { threshold, side = "positive", pool, most } = options;
  if (!isTensor(scores) || scores.rank !== 1) throw lensInvalid("scores that are no list", "a tensor [n]");
  checkNumber("threshold", threshold, typeof threshold === "number" && threshold >= 0, "a number from 0 on");
  checkNumber(
    "pool",
    pool,
    pool === undefined || (Number.isInteger(pool) && pool > 1),
    "a whole number from 2 on",
  );
  checkNumber(
    "most",
    most,
    most === undefined || (Number.isInteger(most) && most > 0),
    "a whole number from 1 on",
  );
  if (side !== "positive" && side !== "negative")
    throw lensInvalid(`the side ${shown(side)}`, '"positive" or "negative"');
  const values = await scores.data();
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) throw lensInvalid(`the score ${values[bad]} at ${bad}`, "finite scores");
  const sign = side === "positive" ? 1 : -1;
  const order = Array.from(values.keys()).sort(
    (a, b) => sign * ((values[b] ?? 0) - (values[a] ?? 0)) || a - b,
  );
  const pooled = order.slice(0, pool ?? values.length);
  if (values[pooled[0] ?? 0] === values[pooled.at(-1) ?? 0]) return []; // sorted: all are equal
  const { mean, deviation } = momentsOf(pooled.map((at) => values[at] ?? Number.NaN));
  return pooled
    .map((index) => ({
      index,
      score: values[index] ?? Number.NaN,
      z: ((values[index] ?? 0) - mean) / deviation,
    }))
    .filter(({ z }) => sign * z > threshold)
    .slice(0, most);
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

function checkNumber(name: string, got: number | undefined, isFit: boolean, wanted: string): void {
  if (!isFit) throw lensInvalid(`${name}: ${shown(got)}`, wanted);
}
