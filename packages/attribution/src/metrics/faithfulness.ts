import { type Option, option, readOptions, type ValuesOf } from "@hookdict/contexts";
import type { Hookable } from "@hookdict/core";
import { sub, tensor, tensor1d, tile, where, type Tensor } from "@tensorflow/tfjs-core";
import { like } from "../baseline.ts";
import { samplesShape } from "../errors.ts";
import { COUNT, FLAG, TENSOR } from "../options.ts";
import { copiedRows, type LazyRows } from "../passes/rows.ts";
import { copyOf } from "../rows.ts";
import { checkAlike, checkSamples, dot, METRIC, type MetricOptions, rowsOf, scorer } from "./scores.ts";
import { descending, meanOf, pearson, spearman } from "./statistics.ts";

/** Options of metrics that put a baseline in place of features. */
export interface BaselineMetricOptions extends MetricOptions {
  /** Default 0. */
  readonly baseline?: number | Tensor;
}

const BASELINE_METRIC: typeof METRIC & { readonly baseline: Option<number | Tensor, "default"> } = {
  ...METRIC,
  baseline: option
    .of<number | Tensor>(
      "a finite number or a tensor",
      (value) => Number.isFinite(value) || TENSOR.check(value),
    )
    .default(0),
};
const INFIDELITY = { ...METRIC, noise: TENSOR.required(), normalize: FLAG };
const SENSITIVITY_N = { ...BASELINE_METRIC, subsets: TENSOR.required() };
const DELETION_INSERTION = { ...BASELINE_METRIC, featuresPerStep: COUNT.default(1) };

type Baselined = ValuesOf<typeof BASELINE_METRIC>;

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
  const read = readOptions("completeness", BASELINE_METRIC, options);
  checkAlike("attribution", attribution, x);
  const batch = x.shape[0] ?? 1;
  const [f, start] = [scorer(model, read, batch), like(read.baseline, x, "input")];
  const [after, before] = [f(x, batch), f(start, batch)];
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
  const read = readOptions("infidelity", INFIDELITY, options);
  const { noise, normalize } = read;
  checkAlike("attribution", attribution, x);
  checkSamples("noise", noise, x);
  const [batch = 1, samples = 1] = noise.shape;
  const f = scorer(model, read, batch);
  const moved = copiedRows(x.dtype, batch, (copy) => sub(x, copyOf(noise, copy)));
  const [whole, after] = [f(x, batch), f(moved, samples * batch)];
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

/** A mask of an example's entries for each copy of the batch chooses the baseline: rows `[copy * batch, ...]`. */
function maskedRows(x: Tensor, baseline: number | Tensor, mask: (copy: number) => Tensor): LazyRows {
  return copiedRows(x.dtype, x.shape[0] ?? 1, (copy) => where(mask(copy), like(baseline, x, "input"), x));
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
  const read = readOptions("sensitivityN", SENSITIVITY_N, options);
  const { subsets } = read;
  checkAlike("attribution", attribution, x);
  if (subsets.shape.slice(1).join() !== x.shape.slice(1).join())
    throw samplesShape("subsets", subsets.shape, `[subsets, ${x.shape.slice(1).join(", ")}]`);
  const masks = rowsOf(subsets).map((row) => Array.from(row, (each) => each !== 0));
  return correlate(model, x, attribution, masks, read);
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
  const read = readOptions("faithfulnessEstimate", BASELINE_METRIC, options);
  checkAlike("attribution", attribution, x);
  const size = x.size / (x.shape[0] ?? 1);
  const masks = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => i === j));
  return correlate(model, x, attribution, masks, read);
}

function correlate(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  masks: readonly (readonly boolean[])[],
  options: Baselined,
): Correlations {
  const [batch = 1, ...inner] = x.shape;
  const f = scorer(model, options, batch);
  const whole = f(x, batch);
  const rows = maskedRows(x, options.baseline, (copy) => {
    const mask = tensor([...(masks[copy] ?? [])], [1, ...inner], "bool");
    return tile(mask, [batch, ...inner.map(() => 1)]);
  });
  const all = f(rows, masks.length * batch);
  const scores = masks.map((_, m) => all.subarray(m * batch, (m + 1) * batch));
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
  const read = readOptions("deletionInsertion", DELETION_INSERTION, options);
  const { baseline, featuresPerStep } = read;
  checkAlike("attribution", attribution, x);
  const batch = x.shape[0] ?? 1;
  const orders = rowsOf(attribution).map(descending);
  const size = orders[0]?.length ?? 0;
  const steps = Math.ceil(size / featuresPerStep);
  const f = scorer(model, read, batch);
  const curve = (isDeletion: boolean): number[][] => {
    const rows = maskedRows(x, baseline, (step) => {
      const isOff = new Uint8Array(batch * size).fill(isDeletion ? 0 : 1);
      for (const [b, order] of orders.entries())
        for (const i of order.slice(0, step * featuresPerStep)) isOff[b * size + i] = isDeletion ? 1 : 0;
      return tensor(isOff, x.shape, "bool");
    });
    const scores = f(rows, (steps + 1) * batch);
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
