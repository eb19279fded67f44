import { isTensor } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { Matrix } from "ml-matrix";
import { pointsTooFew, rowsDiffer, rowsInvalid, rowsNotFinite } from "./errors.ts";

/** Numbers in 64 bits, row after row. What is computed on them does not depend on the backend. */
export interface Rows {
  readonly n: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** Refuses what has no rows of numbers, for what plain JavaScript may give. @throws ShapeError `ROWS_INVALID` */
export function needRows(owner: string, name: string, x: unknown): void {
  const isFit =
    isTensor(x) &&
    !x.isDisposed &&
    x.rank >= 1 &&
    x.size > 0 &&
    x.dtype !== "string" &&
    x.dtype !== "complex64";
  if (!isFit) throw rowsInvalid(owner, name, x);
}

/**
 * Reads a tensor `[n, ...]` as `n` rows. **Ownership:** borrows `x`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`
 */
export async function readRows(owner: string, name: string, x: Tensor, least = 1): Promise<Rows> {
  needRows(owner, name, x);
  const [n = 0] = x.shape;
  if (n < least) throw pointsTooFew(owner, n, least);
  const values = new Float64Array(await x.data()); // `from` is slow
  const width = values.length / n;
  if (width === 0) throw rowsInvalid(owner, name, x);
  for (let at = 0; at < values.length; at++)
    if (!Number.isFinite(values[at]))
      throw rowsNotFinite(owner, name, Math.floor(at / width), values[at] ?? Number.NaN);
  return { n, width, values };
}

/** Reads two tensors whose rows belong together. **Ownership:** borrows both. @throws ShapeError `ROWS_DIFFER` */
export async function readPair(
  owner: string,
  x: Tensor,
  y: Tensor,
  least: number,
): Promise<readonly [Rows, Rows]> {
  const [a, b] = [await readRows(owner, "x", x, least), await readRows(owner, "y", y, least)];
  if (a.n !== b.n) throw rowsDiffer(owner, a.n, "y", b.n);
  return [a, b];
}

export function rowOf(rows: Rows, row: number): Float64Array {
  return rows.values.subarray(row * rows.width, (row + 1) * rows.width);
}

/** Some of the rows, in this order. */
export function pickRows(rows: Rows, indices: ArrayLike<number>): Rows {
  const values = new Float64Array(indices.length * rows.width);
  for (let at = 0; at < indices.length; at++) values.set(rowOf(rows, indices[at] ?? 0), at * rows.width);
  return { n: indices.length, width: rows.width, values };
}

/** Mean of each column. */
export function columnMeans({ n, width, values }: Rows): Float64Array {
  const sums = new Float64Array(width);
  for (let row = 0, at = 0; row < n; row++)
    for (let column = 0; column < width; column++, at++)
      sums[column] = (sums[column] ?? 0) + (values[at] ?? 0);
  return sums.map((sum) => sum / n);
}

/** The rows less the mean of each column. */
export function centred(rows: Rows): Rows {
  const means = columnMeans(rows);
  const values = new Float64Array(rows.values.length);
  for (let row = 0, at = 0; row < rows.n; row++)
    for (let column = 0; column < rows.width; column++, at++)
      values[at] = (rows.values[at] ?? 0) - (means[column] ?? 0);
  return { ...rows, values };
}

/** Each row divided by its length; a row of zeros stays. */
export function unitRows(rows: Rows): Rows {
  const lengths = Float64Array.from({ length: rows.n }, (_, row) => {
    const own = rowOf(rows, row);
    return Math.sqrt(dot(own, own)) || 1;
  });
  const values = rows.values.map((value, at) => value / (lengths[Math.floor(at / rows.width)] ?? 1));
  return { ...rows, values };
}

/** Whether every row is the first again. */
export function isConstant({ width, values }: Rows): boolean {
  for (let at = width; at < values.length; at++) if (values[at] !== values[at - width]) return false;
  return true;
}

export function toMatrix({ n, width, values }: Rows): Matrix {
  return Matrix.from1DArray(n, width, values);
}

export function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let at = 0; at < a.length; at++) total += (a[at] ?? 0) * (b[at] ?? 0);
  return total;
}

export function sumOf(values: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at] ?? 0;
  return total;
}

export function meanOf(values: ArrayLike<number>): number {
  return sumOf(values) / values.length;
}
