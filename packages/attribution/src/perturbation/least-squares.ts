import { Matrix, solve } from "ml-matrix";

/** Weighted least squares with a penalty on all but the first column. */
export function fit(
  rows: readonly (readonly number[])[],
  y: readonly number[],
  weights: readonly number[],
  penalty: readonly number[],
): number[] {
  const size = penalty.length;
  const normal = Matrix.zeros(size, size);
  const right = Matrix.zeros(size, 1);
  for (const [r, row] of rows.entries()) {
    const weight = weights[r] ?? 0;
    for (let i = 0; i < size; i++) {
      right.set(i, 0, right.get(i, 0) + weight * (row[i] ?? 0) * (y[r] ?? 0));
      for (let j = 0; j < size; j++)
        normal.set(i, j, normal.get(i, j) + weight * (row[i] ?? 0) * (row[j] ?? 0));
    }
  }
  for (let i = 0; i < size; i++) normal.set(i, i, normal.get(i, i) + (penalty[i] ?? 0));
  return solve(normal, right, true).to1DArray(); // by singular values: too few samples give the shortest solution
}
