import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";
import { centred, type Rows, toMatrix } from "./rows.ts";

/** `A = U diag(s) V^T`, singular values from the largest on. */
export function svd(matrix: Matrix): {
  readonly u: Matrix;
  readonly s: readonly number[];
  readonly v: Matrix;
} {
  const found = new SingularValueDecomposition(matrix, { autoTranspose: true });
  return { u: found.leftSingularVectors, s: found.diagonal, v: found.rightSingularVectors };
}

/** How many singular values are more than rounding of the largest. */
export function rankOf(s: readonly number[], n: number, width: number): number {
  return countAbove(s, (s[0] ?? 0) * Math.max(n, width) * 2 ** -52);
}

/**
 * How many singular values of centred rows are more than what float32 has made of them: an activation that lies in fewer directions than it
 * is wide, such as what a head writes, has some rounding along all others.
 */
export function rankOfRows(s: readonly number[], rows: Rows): number {
  return countAbove(s, Math.max(noiseOf(rows), (s[0] ?? 0) * Math.max(rows.n, rows.width) * 2 ** -52));
}

/** A singular value of rows that rounding may make: values are rounded when they are kept, and before, where they are added up. */
export function noiseOf({ values }: Rows): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0)) * 2 ** -21;
}

function countAbove(s: readonly number[], least: number): number {
  return s.filter((value) => value > least).length;
}

/** Eigenvalues of a symmetric matrix, the largest first, with the eigenvectors as columns. */
export function symmetricEigen(matrix: Matrix): {
  readonly values: readonly number[];
  readonly vectors: Matrix;
} {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues.map((_, at) => at).reverse(); // the library sorts upwards
  return {
    values: order.map((at) => realEigenvalues[at] ?? 0),
    vectors: eigenvectorMatrix.subMatrixColumn(order),
  };
}

/** Eigenvalues of the covariance, divided by `n - 1`, the largest first; one for each column. */
export function covarianceSpectrum(rows: Rows): readonly number[] {
  const { s } = svd(toMatrix(centred(rows)));
  return Array.from({ length: rows.width }, (_, at) => (s[at] ?? 0) ** 2 / (rows.n - 1));
}

export function identityMinus(matrix: Matrix): Matrix {
  return Matrix.sub(Matrix.eye(matrix.rows), matrix);
}
