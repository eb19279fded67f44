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
  const least = (s[0] ?? 0) * Math.max(n, width) * 2 ** -52;
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
