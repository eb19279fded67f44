import { EigenvalueDecomposition, type Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";

/** `A = U diag(s) V^T`, singular values from the largest on. */
export interface Svd {
  readonly u: Matrix;
  readonly s: readonly number[];
  readonly v: Matrix;
}

/** The decomposition with as many singular values as the smaller side has. */
export function svdOf(matrix: Matrix): Svd {
  const found = new SingularValueDecomposition(matrix, { autoTranspose: true });
  const s = found.diagonal.slice(0, Math.min(matrix.rows, matrix.columns));
  return {
    u: firstColumns(found.leftSingularVectors, s.length),
    s,
    v: firstColumns(found.rightSingularVectors, s.length),
  };
}

/** The decomposition of `left right`, by way of a matrix no larger than what is between them. */
export function svdOfProduct(left: Matrix, right: Matrix): Svd {
  const a = orthogonal(left);
  const b = orthogonal(right.transpose());
  const { u, s, v } = svdOf(a.rest.mmul(b.rest.transpose()));
  return {
    u: a.basis === undefined ? u : a.basis.mmul(u),
    s,
    v: b.basis === undefined ? v : b.basis.mmul(v),
  };
}

/** `basis rest = matrix`, with orthonormal columns in the basis; without one where the matrix is no taller than wide. */
function orthogonal(matrix: Matrix): { readonly basis?: Matrix; readonly rest: Matrix } {
  if (matrix.rows <= matrix.columns) return { rest: matrix };
  const { orthogonalMatrix, upperTriangularMatrix } = new QrDecomposition(matrix);
  return { basis: orthogonalMatrix, rest: upperTriangularMatrix };
}

/** A number with an imaginary part. */
export type Complex = readonly [real: number, imaginary: number];

/** Eigenvalues, by decreasing modulus, then real, then imaginary part. */
export function eigenvaluesOf(matrix: Matrix): readonly Complex[] {
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(matrix);
  return realEigenvalues
    .map((real, at): Complex => [real, imaginaryEigenvalues[at] ?? 0])
    .sort((a, b) => Math.hypot(...b) - Math.hypot(...a) || b[0] - a[0] || b[1] - a[1]);
}

function firstColumns(matrix: Matrix, count: number): Matrix {
  return matrix.columns === count ? matrix : matrix.subMatrix(0, matrix.rows - 1, 0, count - 1);
}
