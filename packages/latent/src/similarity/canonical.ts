import type { Matrix } from "ml-matrix";
import { rankOfRows, svd } from "../rows/decompose.ts";
import { valuesConstant } from "../rows/errors.ts";
import { centred, type Rows, toMatrix } from "../rows/rows.ts";

/** Left singular directions of centred rows, with their singular values: as many as the rank, or fewer. */
export interface Basis {
  readonly directions: Matrix;
  readonly s: readonly number[];
  readonly count: number;
}

/** @throws UsageError `ROWS_CONSTANT` */
export function basisOf(owner: string, name: string, rows: Rows, threshold = 1): Basis {
  const { u, s } = svd(toMatrix(centred(rows)));
  const rank = rankOfRows(s, rows);
  if (rank === 0) throw valuesConstant(owner, name);
  const count = threshold === 1 ? rank : Math.min(rank, reaching(s, threshold));
  return { directions: u.subMatrix(0, rows.n - 1, 0, count - 1), s: s.slice(0, count), count };
}

/** The smallest number of values whose squares sum up to that part of all squares. */
export function reaching(s: readonly number[], threshold: number): number {
  const total = s.reduce((sum, value) => sum + value ** 2, 0);
  let sum = 0;
  return s.findIndex((value) => (sum += value ** 2) >= threshold * total) + 1;
}

/** Canonical correlations of two bases, the largest first, with the variates of the first in the space of examples. */
export function correlate(
  x: Basis,
  y: Basis,
): { readonly correlations: readonly number[]; readonly variates: Matrix } {
  const { u, s } = svd(x.directions.transpose().mmul(y.directions));
  const count = Math.min(x.count, y.count);
  return {
    correlations: s.slice(0, count).map((value) => Math.min(1, value)),
    variates: x.directions.mmul(u.subMatrix(0, x.count - 1, 0, count - 1)),
  };
}
