import { checkArgument } from "@hookdict/tensordict";
import type { Hookable } from "@hookdict/core";
import { concat, sub, tensor, tensor1d, tidy, tile, where, type Tensor } from "@tensorflow/tfjs-core";
import { like } from "../baseline.ts";
import { optionWrong, samplesShape } from "../errors.ts";
import { asRows, repeatBatch, swapFirst } from "../rows.ts";
import { checkAlike, checkSamples, dot, type MetricOptions, rowsOf, scorer } from "./scores.ts";
import { descending, meanOf, pearson, spearman } from "./statistics.ts";

/** Options of metrics that put a baseline in place of features. */
export interface BaselineMetricOptions extends MetricOptions {
  /** Default 0. */
  readonly baseline?: number | Tensor;
}

/**
 * `sum of attributions - (f(x) - f(baseline))`, `[batch]`: 0 for a complete attribution. **Ownership:** borrows; returns
 * owned.
 *
 * @see Sundararajan, Taly and Yan, https://arxiv.org/abs/1703.01365
 * @example
 * const model = hookFunction((x: Tensor) => mul(x, 3));
 * const x = tensor2d([[2]]);
 * completeness(model, x, tensor2d([[6]])).dataSync()[0]; // => 0
 */
export function completeness(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  options: BaselineMetricOptions = {},
): Tensor {
  checkArgument("completeness", "options", options, "a record");
  checkAlike("attribution", attribution, x);
  const [f, start] = [scorer(model, options, x.shape[0] ?? 1), like(options.baseline ?? 0, x, "input")];
  const [after, before] = [f(x), f(start)];
  start.dispose();
  const sums = rowsOf(attribution).map((row) => row.reduce((a, b) => a + b, 0));
  return tensor1d(sums.map((sum, b) => sum - ((after[b] ?? 0) - (before[b] ?? 0))));
}

/** Options of {@link infidelity}. */
export interface InfidelityOptions extends MetricOptions {
  /** Perturbations I, `[batch, samples, ...]`; the model sees `x - I`. */
  readonly noise: Tensor;
  /** Scale attributions by the factor that suits each example best. Default `false`. */
  readonly normalize?: boolean;
}

/**
 * `mean over samples of (<I, attribution> - (f(x) - f(x - I)))²`, `[batch]`. **Ownership:** borrows; returns owned.
 *
 * @see Yeh et al., https://arxiv.org/abs/1901.09392
 */
export function infidelity(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  options: InfidelityOptions,
): Tensor {
  checkArgument("infidelity", "options", options, "a record");
  const { noise, normalize = false } = options;
  checkAlike("attribution", attribution, x);
  checkSamples("noise", noise, x);
  const [batch = 1, samples = 1] = noise.shape;
  const f = scorer(model, options, batch);
  const moved = tidy(() => sub(repeatBatch(x, samples), asRows(swapFirst(noise))));
  const [whole, after] = [f(x), f(moved)];
  moved.dispose();
  const draws = rowsOf(noise);
  const errors = rowsOf(attribution).map((row, b) => {
    const steps = draws[b] ?? row;
    const expected = Array.from({ length: samples }, (_, s) =>
      dot(steps.subarray(s * row.length, (s + 1) * row.length), row),
    );
    const found = expected.map((_, s) => (whole[b] ?? 0) - (after[s * batch + b] ?? 0));
    const length = dot(expected, expected); // where it is 0, every factor fits as well
    const factor = normalize && length > 0 ? dot(expected, found) / length : 1;
    return meanOf(expected.map((each, s) => (factor * each - (found[s] ?? 0)) ** 2));
  });
  return tensor1d(errors);
}

/** A mask `[rows, ...]` chooses the baseline; scores of each row, for every example: `[row][example]`. */
function maskedScores(
  f: (x: Tensor) => Float64Array,
  x: Tensor,
  baseline: number | Tensor,
  masks: readonly (readonly boolean[])[],
): Float64Array[] {
  const batch = x.shape[0] ?? 1;
  const inner = x.shape.slice(1);
  const mixed = tidy(() => {
    const mask = tensor(masks.flat(), [masks.length, 1, ...inner], "bool");
    const start = repeatBatch(like(baseline, x, "input"), masks.length);
    const all = asRows(tile(mask, [1, batch, ...inner.map(() => 1)]));
    return where(all, start, repeatBatch(x, masks.length));
  });
  const scores = f(mixed);
  mixed.dispose();
  return masks.map((_, m) => scores.slice(m * batch, (m + 1) * batch));
}

/** Correlations over the given subsets, each `[batch]`. **Ownership:** owned by the receiver. */
export interface Correlations {
  readonly pearson: Tensor;
  readonly spearman: Tensor;
}

/**
 * Sensitivity-n: the correlation, over random subsets of features, of their attributions' sum and of how much the target
 * falls when they are set to the baseline. **Ownership:** borrows; returns owned.
 *
 * @param options.subsets `[subsets, ...]`, not 0 where a feature is in. Quantus takes nested sets of the largest instead.
 * @see Ancona et al., https://arxiv.org/abs/1711.06104
 */
export function sensitivityN(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  options: BaselineMetricOptions & { readonly subsets: Tensor },
): Correlations {
  checkArgument("sensitivityN", "options", options, "a record");
  const { subsets, baseline = 0 } = options;
  checkAlike("attribution", attribution, x);
  if (subsets.shape.slice(1).join() !== x.shape.slice(1).join())
    throw samplesShape("subsets", subsets.shape, `[subsets, ${x.shape.slice(1).join(", ")}]`);
  const masks = rowsOf(subsets).map((row) => Array.from(row, (each) => each !== 0));
  return correlate(model, x, attribution, masks, { ...options, baseline });
}

/**
 * The correlation over features of their attribution and of how much the target falls without them. **Ownership:**
 * borrows; returns owned.
 *
 * @see Alvarez-Melis and Jaakkola, https://arxiv.org/abs/1806.07538
 */
export function faithfulnessEstimate(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  options: BaselineMetricOptions = {},
): Correlations {
  checkArgument("faithfulnessEstimate", "options", options, "a record");
  checkAlike("attribution", attribution, x);
  const size = x.size / (x.shape[0] ?? 1);
  const masks = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => i === j));
  return correlate(model, x, attribution, masks, options);
}

function correlate(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  masks: readonly (readonly boolean[])[],
  options: BaselineMetricOptions,
): Correlations {
  const f = scorer(model, options, x.shape[0] ?? 1);
  const whole = f(x);
  const scores = maskedScores(f, x, options.baseline ?? 0, masks);
  const pairs = rowsOf(attribution).map((row, b) => ({
    sums: masks.map((mask) => mask.reduce((sum, isIn, i) => (isIn ? sum + (row[i] ?? 0) : sum), 0)),
    falls: scores.map((each) => (whole[b] ?? 0) - (each[b] ?? 0)),
  }));
  return {
    pearson: tensor1d(pairs.map(({ sums, falls }) => pearson(sums, falls))),
    spearman: tensor1d(pairs.map(({ sums, falls }) => spearman(sums, falls))),
  };
}

/** Curves `[batch, steps + 1]` and their areas `[batch]`. **Ownership:** owned by the receiver. */
export interface DeletionInsertion {
  readonly deletion: Tensor;
  readonly insertion: Tensor;
  readonly deletionAuc: Tensor;
  readonly insertionAuc: Tensor;
  /** Mean of how far the deletion curve is below its beginning. */
  readonly aopc: Tensor;
}

/**
 * What becomes of the target while features are set to the baseline, largest attribution first (deletion), and while
 * they are put back (insertion). Curves include step 0; areas are over the share of features, 0 to 1, by trapezoids.
 * **Ownership:** borrows; returns owned.
 *
 * @param options.featuresPerStep Default 1. A step at the end may be smaller.
 * @see Petsiuk, Das and Saenko, https://arxiv.org/abs/1806.07421; Samek et al., https://arxiv.org/abs/1509.06321
 */
export function deletionInsertion(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  options: BaselineMetricOptions & { readonly featuresPerStep?: number } = {},
): DeletionInsertion {
  checkArgument("deletionInsertion", "options", options, "a record");
  const { baseline = 0, featuresPerStep = 1 } = options;
  checkAlike("attribution", attribution, x);
  if (!Number.isInteger(featuresPerStep) || featuresPerStep < 1)
    throw optionWrong("deletionInsertion", "featuresPerStep", featuresPerStep, "a whole number from 1 up");
  const batch = x.shape[0] ?? 1;
  const orders = rowsOf(attribution).map(descending);
  const size = orders[0]?.length ?? 0;
  const steps = Math.ceil(size / featuresPerStep);
  const f = scorer(model, options, batch);
  const curve = (isDeletion: boolean): number[][] => {
    const mixed = tidy(() => {
      const start = like(baseline, x, "input");
      const rows = Array.from({ length: steps + 1 }, (_, step) => {
        const gone = new Uint8Array(batch * size);
        for (const [b, order] of orders.entries())
          for (const i of order.slice(0, step * featuresPerStep)) gone[b * size + i] = 1;
        const mask = tensor(gone, x.shape, "bool");
        return isDeletion ? where(mask, start, x) : where(mask, x, start);
      });
      return concat(rows, 0);
    });
    const scores = f(mixed);
    mixed.dispose();
    return orders.map((_, b) =>
      Array.from({ length: steps + 1 }, (__, step) => scores[step * batch + b] ?? 0),
    );
  };
  const [deletion, insertion] = [curve(true), curve(false)];
  return {
    deletion: tensor(deletion),
    insertion: tensor(insertion),
    deletionAuc: tensor1d(deletion.map((each) => area(each, featuresPerStep / size))),
    insertionAuc: tensor1d(insertion.map((each) => area(each, featuresPerStep / size))),
    aopc: tensor1d(deletion.map((each) => meanOf(each.map((value) => (each[0] ?? 0) - value)))),
  };
}

/** By trapezoids, over 0 to 1; the last step ends at 1, however long it is. */
function area(curve: readonly number[], step: number): number {
  let sum = 0;
  for (let i = 1; i < curve.length; i++)
    sum += (((curve[i] ?? 0) + (curve[i - 1] ?? 0)) / 2) * Math.min(step, 1 - (i - 1) * step);
  return sum;
}
