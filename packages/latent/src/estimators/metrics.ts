import { rowsDiffer } from "../rows/errors.ts";
import { needRows } from "../rows/rows.ts";
import { slice, type Tensor } from "@tensorflow/tfjs-core";
import { checkArgument } from "@hookdict/tensordict";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import type { Estimator } from "./estimator.ts";
import { readExamples, twoClassesOf } from "./targets.ts";

/** How well scores tell two classes. */
export interface ClassMetrics {
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly balancedAccuracy: number;
  /** Matthews' correlation coefficient. */
  readonly mcc: number;
  /** How probable it is that a positive example scores above a negative one; ties count half. */
  readonly auc: number;
}

/**
 * Measures scores `[n]`, positive for the larger of two labels, against labels `[n]`. Where nothing is in a denominator, the number is 0.
 * **Ownership:** borrows both.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `LABELS_INVALID`
 * @example
 * const { accuracy, auc } = await classMetrics(tensor1d([-1, 2, 1]), tensor1d([0, 1, 0]));
 * [accuracy.toFixed(2), auc]; // => ["0.67", 1]
 */
export async function classMetrics(scores: Tensor, labels: Tensor): Promise<ClassMetrics> {
  const [found, wanted] = await readExamples("classMetrics", scores, labels);
  const { places } = twoClassesOf("classMetrics", wanted);
  const counts = { tp: 0, tn: 0, fp: 0, fn: 0 };
  places.forEach((place, row) => {
    const isPositive = (found.values[row] ?? 0) > 0;
    counts[isPositive ? (place === 1 ? "tp" : "fp") : place === 1 ? "fn" : "tn"]++;
  });
  const { tp, tn, fp, fn } = counts;
  const part = (a: number, b: number): number => (b === 0 ? 0 : a / b);
  const [precision, recall] = [part(tp, tp + fp), part(tp, tp + fn)];
  return {
    accuracy: (tp + tn) / places.length,
    precision,
    recall,
    f1: part(2 * tp, 2 * tp + fp + fn),
    balancedAccuracy: (recall + part(tn, tn + fp)) / 2,
    mcc: part(tp * tn - fp * fn, Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
    auc: areaUnderCurve(found.values, places),
  };
}

function areaUnderCurve(scores: Float64Array, places: Int32Array): number {
  const sorted = (place: number): Float64Array => scores.filter((_, row) => places[row] === place).sort();
  const [negative, positive] = [sorted(0), sorted(1)];
  let [below, upTo, total] = [0, 0, 0];
  for (const score of positive) {
    while (below < negative.length && (negative[below] ?? 0) < score) below++;
    while (upTo < negative.length && (negative[upTo] ?? 0) <= score) upTo++;
    total += (below + upTo) / 2;
  }
  return total / (positive.length * negative.length);
}

/** What {@link selectivity} returns. */
export interface Selectivity {
  /** Score on the labels. */
  readonly task: number;
  /** Score on the control labels. */
  readonly control: number;
  /** The difference: what the probe finds, rather than learns by heart. */
  readonly selectivity: number;
}

/**
 * How much better an estimator does on labels than on control labels, on rows that it was not fitted to: the first `train` rows fit,
 * the others test. Hewitt and Liang, arXiv 1909.03368. **Ownership:** borrows the tensors.
 *
 * @throws UsageError `OPTION_INVALID`, and what the estimator throws
 * @example
 * const x = tensor2d([[0], [4], [1], [3], [0.5], [3.5]]);
 * const [labels, control] = [tensor1d([0, 1, 0, 1, 0, 1]), tensor1d([0, 0, 1, 1, 1, 0])];
 * (await selectivity(() => new MeanDifference(), x, labels, control, { train: 4 })).task; // => 1
 */
export async function selectivity(
  make: () => Estimator,
  x: Tensor,
  labels: Tensor,
  control: Tensor,
  options: { readonly train: number },
): Promise<Selectivity> {
  checkKnownOptions("selectivity", options, ["train"]);
  checkArgument("selectivity", "options", options, "a record");
  const { train } = options;
  checkArgument("selectivity", "make", make, "a function");
  for (const [name, one] of Object.entries({ x, labels, control })) needRows("selectivity", name, one);
  const [n = 0] = x.shape;
  if (!Number.isInteger(train) || train < 1 || train >= n)
    throw optionInvalid("selectivity", "train", train, `a whole number from 1 to ${n - 1}`);
  for (const [name, one] of Object.entries({ labels, control }))
    if (one.shape[0] !== n) throw rowsDiffer("selectivity", n, name, one.shape[0] ?? 1);
  const task = await heldOut(make(), x, labels, train);
  const other = await heldOut(make(), x, control, train);
  return { task, control: other, selectivity: task - other };
}

function methodOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

async function heldOut(estimator: Estimator, x: Tensor, y: Tensor, train: number): Promise<number> {
  for (const method of ["fit", "score"])
    checkArgument("selectivity", `what make gives: its ${method}`, methodOf(estimator, method), "a function");
  const parts = [x, y].flatMap((one) => {
    const rest = one.shape.slice(1).map(() => 0);
    const all = one.shape.slice(1);
    return [slice(one, [0, ...rest], [train, ...all]), slice(one, [train, ...rest], [-1, ...all])];
  });
  const [x0, x1, y0, y1] = parts as [Tensor, Tensor, Tensor, Tensor];
  try {
    return await (await estimator.fit(x0, y0)).score(x1, y1);
  } finally {
    for (const part of parts) part.dispose();
  }
}
