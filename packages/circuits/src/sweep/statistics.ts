import { optionWrong } from "../errors.ts";
import type { Labelled } from "../stream/stack.ts";
import { checkDict } from "../arguments.ts";
import {
  checkArgument,
  checkOptionNames,
  isTensorDict,
  seededRandom,
  type TensorDict,
  countWords,
  isCount,
} from "@hookdict/tensordict";

/** Options of {@link sweepStatistics}. */
export interface StatisticsOptions {
  /** Which metric, by name; the first unless given. */
  readonly metric?: string;
  /** Share of draws within the interval. Default 0.95. */
  readonly level?: number;
  /** Draws of the bootstrap, and of the permutation test where it is not exact. Default 1000. */
  readonly draws?: number;
  readonly seed?: number;
  /** A pair counts as a success where its normalised value is at least this. Default 0.5. */
  readonly success?: number;
}

/** What several pairs say of one cell; where a metric is `NaN`, so is all that is made of it, and that pair is no success. */
export interface CellStatistics {
  readonly mean: number;
  /** Standard error of the mean; 0 for one pair. */
  readonly standardError: number;
  /** Mean difference to the corrupt run. */
  readonly effect: number;
  /**
   * Mean of `(value - corrupt) / (clean - corrupt)`: 0 = corrupt, 1 = clean. Infinite or `NaN` where a pair has the same metric on both
   * sides: leave such pairs out.
   */
  readonly normalized: number;
  /** Bootstrap interval of the effect: percentiles of means of pairs drawn with replacement. */
  readonly interval: readonly [number, number];
  /** Two-sided permutation test of the effect by flipping signs: exact up to 12 pairs, drawn beyond. */
  readonly pValue: number;
  /** Share of pairs that are successes, with its Clopper-Pearson interval. */
  readonly successRate: number;
  readonly successInterval: readonly [number, number];
}

/**
 * Statistics over the prompt pairs of a sweep, for each cell of a table, in the order of its values.
 *
 * **Ownership:** *borrows* the result.
 *
 * @throws UsageError `CIRCUIT_OPTION`
 * @example no-run
 * const cells = sweepStatistics(result, "resid_pre", { seed: 1 });
 */
export function sweepStatistics(
  result: TensorDict,
  table: string,
  options: StatisticsOptions = {},
): CellStatistics[] {
  checkDict("sweepStatistics", "result", result);
  checkArgument("sweepStatistics", "table", table, "text");
  checkOptionNames("sweepStatistics", options, ["metric", "level", "draws", "seed", "success"]);
  checkArgument("sweepStatistics", "seed", options.seed, "a finite number?");
  checkArgument("sweepStatistics", "success", options.success, "a finite number?");
  const found: unknown = result.get(table, undefined);
  if (!isTensorDict(found) || table === "baselines")
    throw optionWrong("sweepStatistics", "table", table, "the name of a table that was swept over");
  const { values, labels } = {
    values: (found as unknown as Labelled).get("values"),
    labels: (found as unknown as Labelled).get("labels"),
  };
  const names = labels["metric"] ?? [];
  const m = options.metric === undefined ? 0 : names.indexOf(options.metric);
  if (m < 0) throw optionWrong("sweepStatistics", "metric", options.metric, `one of ${names.join(", ")}`);
  const { level = 0.95, draws = 1000 } = options;
  if (typeof level !== "number" || !(level > 0 && level < 1))
    throw optionWrong("sweepStatistics", "level", level, "a number between 0 and 1");
  if (!isCount(draws)) throw optionWrong("sweepStatistics", "draws", draws, countWords());
  const [, pairs = 1, ...sizes] = values.shape;
  const count = sizes.reduce((product, size) => product * size, 1);
  const data = values.dataSync();
  const side = (name: "clean" | "corrupt"): ArrayLike<number> => result.get(["baselines", name]).dataSync();
  const [clean, corrupt] = [side("clean"), side("corrupt")];
  return Array.from({ length: count }, (_, cell) => {
    const at = (pair: number): number => m * pairs + pair;
    const own = Array.from({ length: pairs }, (__, pair) => data[at(pair) * count + cell] ?? Number.NaN);
    const effects = own.map((value, pair) => value - (corrupt[at(pair)] ?? 0));
    const shares = effects.map(
      (effect, pair) => effect / ((clean[at(pair)] ?? 0) - (corrupt[at(pair)] ?? 0)),
    );
    return cellStatistics(own, effects, shares, options);
  });
}

function cellStatistics(
  values: readonly number[],
  effects: readonly number[],
  shares: readonly number[],
  { level = 0.95, draws = 1000, seed = 0, success = 0.5 }: StatisticsOptions,
): CellStatistics {
  const { length } = values;
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const successes = shares.filter((share) => share >= success).length;
  return {
    mean,
    standardError: length < 2 ? 0 : Math.sqrt(squares / (length - 1) / length),
    effect: meanOf(effects),
    normalized: meanOf(shares),
    interval: bootstrap(effects, level, draws, seed),
    pValue: signFlips(effects, draws, seed),
    successRate: successes / length,
    successInterval: clopperPearson(successes, length, level),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function bootstrap(values: readonly number[], level: number, draws: number, seed: number): [number, number] {
  if (values.some(Number.isNaN)) return [Number.NaN, Number.NaN];
  const random = seededRandom(seed);
  const means = Array.from({ length: draws }, () =>
    meanOf(values.map(() => values[Math.floor(random() * values.length)] ?? 0)),
  ).sort((a, b) => a - b);
  const quantile = (share: number): number => {
    const at = share * (draws - 1);
    const [low, high] = [means[Math.floor(at)] ?? 0, means[Math.ceil(at)] ?? 0];
    return low + (high - low) * (at - Math.floor(at));
  };
  return [quantile((1 - level) / 2), quantile((1 + level) / 2)];
}

/** Up to so many pairs every choice of signs is looked at. */
const EXACT_PAIRS = 12;
/** How near means are the same, as a part: metrics are float32, and sums of theirs round (TransformerLens has 100 times its epsilon, too). */
const TIE = 100 * 2 ** -23;

function signFlips(values: readonly number[], draws: number, seed: number): number {
  const mean = Math.abs(meanOf(values));
  if (Number.isNaN(mean)) return Number.NaN;
  const observed = mean * (1 - TIE);
  const isAsFar = (sign: (i: number) => number): boolean =>
    Math.abs(meanOf(values.map((value, i) => value * sign(i)))) >= observed;
  if (values.length <= EXACT_PAIRS) {
    const total = 2 ** values.length;
    let count = 0;
    for (let choice = 0; choice < total; choice++) if (isAsFar((i) => ((choice >> i) & 1 ? -1 : 1))) count++;
    return count / total;
  }
  const random = seededRandom(seed);
  let count = 1; // what was observed is one of the choices
  for (let draw = 0; draw < draws; draw++) if (isAsFar(() => (random() < 0.5 ? -1 : 1))) count++;
  return count / (draws + 1);
}

/** The exact interval of a share (Clopper and Pearson 1934), by bisection of the binomial's tails. */
function clopperPearson(successes: number, trials: number, level: number): [number, number] {
  const alpha = (1 - level) / 2;
  // As logarithms: (1 - p) ** trials is 0 in float64 where there are some hundred trials.
  const atMost = (k: number, p: number): number => {
    const terms = [trials * Math.log1p(-p)];
    for (let i = 1; i <= k; i++)
      terms.push((terms[i - 1] ?? 0) + Math.log((trials - i + 1) / i) + Math.log(p) - Math.log1p(-p));
    const peak = terms.reduce((most, term) => Math.max(most, term), -Infinity);
    return Math.exp(peak) * terms.reduce((sum, term) => sum + Math.exp(term - peak), 0);
  };
  const solve = (isBelow: (p: number) => boolean): number => {
    let [low, high] = [0, 1];
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2;
      if (middle === low || middle === high) break; // as near as numbers are, and never 0 or 1
      if (isBelow(middle)) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return [
    successes === 0 ? 0 : solve((p) => 1 - atMost(successes - 1, p) < alpha),
    successes === trials ? 1 : solve((p) => atMost(successes, p) > alpha),
  ];
}
