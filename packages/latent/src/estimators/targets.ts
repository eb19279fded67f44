import type { Tensor } from "@tensorflow/tfjs-core";
import { rowsDiffer } from "../rows/errors.ts";
import { readRows, type Rows } from "../rows/rows.ts";
import { labelsInvalid } from "./errors.ts";

/** Reads features and what is to be told from them. **Ownership:** borrows both. @throws ShapeError `ROWS_DIFFER` */
export async function readExamples(owner: string, x: Tensor, y: Tensor): Promise<readonly [Rows, Rows]> {
  const [rows, targets] = [await readRows(owner, "x", x), await readRows(owner, "y", y)];
  if (rows.n !== targets.n) throw rowsDiffer(owner, rows.n, "y", targets.n);
  return [rows, targets];
}

/** Classes, from the smallest label on, and the place of each row's label among them. */
export interface Classes {
  readonly labels: readonly number[];
  readonly places: Int32Array;
}

/** @throws UsageError `LABELS_INVALID` for fractions, several labels a row, and fewer than two classes */
export function classesOf(owner: string, y: Rows): Classes {
  if (y.width !== 1) throw labelsInvalid(owner, `${y.width} values a row`, "one whole number for each row");
  const odd = y.values.find((label) => !Number.isInteger(label));
  if (odd !== undefined) throw labelsInvalid(owner, `the value ${odd}`, "one whole number for each row");
  const labels = [...new Set(y.values)].sort((a, b) => a - b);
  if (labels.length < 2)
    throw labelsInvalid(owner, `one class only, ${labels[0]}`, "examples of at least two classes");
  return { labels, places: Int32Array.from(y.values, (label) => labels.indexOf(label)) };
}

/** @throws UsageError `LABELS_INVALID` */
export function twoClassesOf(owner: string, y: Rows): Classes {
  const classes = classesOf(owner, y);
  if (classes.labels.length > 2)
    throw labelsInvalid(owner, `${classes.labels.length} classes`, "examples of two classes");
  return classes;
}

/** The part of predictions that are right. */
export function accuracyOf(predicted: ArrayLike<number>, y: Rows): number {
  let right = 0;
  y.values.forEach((label, at) => (right += predicted[at] === label ? 1 : 0));
  return right / y.n;
}

/** The coefficient of determination, the mean over outputs; an output that does not vary gives 1 or 0. */
export function determination(predicted: ArrayLike<number>, y: Rows): number {
  let total = 0;
  for (let output = 0; output < y.width; output++) {
    const own = Float64Array.from({ length: y.n }, (_, row) => y.values[row * y.width + output] ?? 0);
    const mean = own.reduce((sum, value) => sum + value / y.n, 0);
    let [residual, spread] = [0, 0];
    own.forEach((value, row) => {
      residual += (value - (predicted[row * y.width + output] ?? 0)) ** 2;
      spread += (value - mean) ** 2;
    });
    total += spread === 0 ? Number(residual === 0) : 1 - residual / spread;
  }
  return total / y.width;
}
