import { add, matMul, reshape, sub, type Tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { Matrix } from "ml-matrix";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { identityMinus, noiseOf, rankOf, svd, symmetricEigen } from "../rows/decompose.ts";
import { columnsDiffer } from "../rows/errors.ts";
import { needRows, centred, columnMeans, readPair, toMatrix } from "../rows/rows.ts";

/** Options of {@link eraseConcept}. */
export interface ErasureOptions {
  /** `"leace"`: the least change in the values' own metric; `"orthogonal"`: an orthogonal projection. Default `"leace"`. */
  readonly method?: "leace" | "orthogonal";
}

/** Takes a concept out of values, so that no linear probe finds it. */
export interface ConceptEraser {
  /** `P`, `[width, width]`: what is left of a value less the mean. */
  readonly projection: readonly (readonly number[])[];
  /** `[width]` */
  readonly mean: Float64Array;
  /** `mean + P (x - mean)` of values `[..., width]`. **Ownership:** borrows `x`, returns owned. @throws ShapeError `COLUMNS_DIFFER` */
  erase(x: Tensor): Tensor;
}

/**
 * Finds what has to go from values `[n, width]` so that concepts `[n]` or `[n, concepts]`, numbers or columns of zeros and ones, cannot
 * be told from them by any linear probe. Belrose et al., arXiv 2306.03819, theorem 4.2. **Ownership:** borrows both.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const x = tensor2d([[1, 5], [2, 5], [3, 6], [4, 4]]);
 * const eraser = await eraseConcept(x, tensor1d([0, 0, 1, 1]), { method: "orthogonal" });
 * const { coefficients } = await new MeanDifference().fit(eraser.erase(x), tensor1d([0, 0, 1, 1]));
 * Math.abs(coefficients.coef[0][0]) < 1e-6; // => true
 */
export async function eraseConcept(
  x: Tensor,
  concepts: Tensor,
  options: ErasureOptions = {},
): Promise<ConceptEraser> {
  checkKnownOptions("eraseConcept", options, ["method"]);
  const { method = "leace" } = options;
  if (!["leace", "orthogonal"].includes(method))
    throw optionInvalid("eraseConcept", "method", method, '"leace" or "orthogonal"');
  const [rows, given] = await readPair("eraseConcept", x, concepts, 2);
  const [a, z] = [toMatrix(centred(rows)), toMatrix(centred(given))];
  const cross = Matrix.div(a.transpose().mmul(z), rows.n - 1);
  const gone =
    method === "leace"
      ? whitened(Matrix.div(a.transpose().mmul(a), rows.n - 1), cross, noiseOf(rows) ** 2 / (rows.n - 1))
      : columnSpace(cross);
  const projection = identityMinus(gone).to2DArray();
  const mean = columnMeans(rows);
  return { projection, mean, erase: (values) => erase(values, projection, mean) };
}

/**
 * `W^+ U U^T W` with `W` the inverse root of the covariance and `U` the columns of `W Sigma_xz`.
 *
 * @param noise Variance that rounding may make: divided by its root, it would count as much as any other.
 */
function whitened(covariance: Matrix, cross: Matrix, noise: number): Matrix {
  const { values, vectors } = symmetricEigen(covariance);
  const least = Math.max(noise, (values[0] ?? 0) * covariance.rows * 2 ** -52);
  const power = (exponent: number): Matrix =>
    vectors
      .mmul(Matrix.diag(values.map((value) => (value > least ? value ** exponent : 0))))
      .mmul(vectors.transpose());
  const root = power(-0.5);
  return power(0.5)
    .mmul(columnSpace(root.mmul(cross)))
    .mmul(root);
}

/** The orthogonal projection onto the columns. */
function columnSpace(matrix: Matrix): Matrix {
  const { u, s } = svd(matrix);
  const rank = rankOf(s, 2 ** 12 * matrix.rows, matrix.columns); // centred columns sum up to rounding, not to zero
  if (rank === 0) return Matrix.zeros(matrix.rows, matrix.rows);
  const directions = u.subMatrix(0, matrix.rows - 1, 0, rank - 1);
  return directions.mmul(directions.transpose());
}

function erase(x: Tensor, projection: readonly (readonly number[])[], mean: Float64Array): Tensor {
  needRows("eraseConcept", "x", x);
  const width = x.shape[x.rank - 1] ?? 1;
  if (width !== mean.length) throw columnsDiffer("eraseConcept", mean.length, width);
  return tidy(() => {
    const centre = tensor1d(Float32Array.from(mean));
    const kept = matMul(
      sub(reshape(x, [-1, width]), centre),
      tensor2d(projection as number[][], undefined, "float32"),
      false,
      true,
    );
    return reshape(add(kept, centre), x.shape);
  });
}
