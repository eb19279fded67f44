import type { Tensor } from "@tensorflow/tfjs-core";
import { Matrix } from "ml-matrix";
import { checkKnownOptions } from "@hookdict/contexts";
import { svd } from "../rows/decompose.ts";
import { valuesConstant } from "../rows/errors.ts";
import { centred, readPair, type Rows, toMatrix } from "../rows/rows.ts";
import type { SimilarityResult } from "./similarity.ts";

/** Options of {@link procrustes}. */
export interface ProcrustesOptions {
  /** Divide both by their Frobenius norms after centring. Default `true`; the value is a similarity up to 1 then. */
  readonly scale?: boolean;
}

/** What {@link procrustes} returns. */
export interface ProcrustesResult extends SimilarityResult {
  /** The least `|X - Y Q|` over orthogonal `Q`. */
  readonly distance: number;
  readonly squaredDistance: number;
  /** Angle between the shapes in radians, whatever their scale (arXiv 2110.14739). */
  readonly angle: number;
  /** That `Q`, `[width, width]`; the narrower representation counts as padded with zeros. */
  readonly rotation: readonly (readonly number[])[];
}

/**
 * Orthogonal Procrustes: how far `x` is from `y` after the best rotation. The value is the nuclear norm of `X^T Y`.
 * Ding et al., arXiv 2108.01661. **Ownership:** borrows both tensors, `[n, ...]`.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`,
 * `OPTION_UNKNOWN`
 * @example
 * const x = tensor2d([[1, 0], [0, 2], [-1, -2]]);
 * (await procrustes(x, reverse(x, 1))).value.toFixed(4); // => "1.0000"
 */
export async function procrustes(
  x: Tensor,
  y: Tensor,
  options: ProcrustesOptions = {},
): Promise<ProcrustesResult> {
  checkKnownOptions("procrustes", options, ["scale"]);
  const [a, b] = await readPair("procrustes", x, y, 2);
  const width = Math.max(a.width, b.width);
  let [p, q] = [padded(centred(a), width), padded(centred(b), width)];
  const norms = [p.norm("frobenius"), q.norm("frobenius")] as const;
  if (norms[0] === 0) throw valuesConstant("procrustes", "x");
  if (norms[1] === 0) throw valuesConstant("procrustes", "y");
  if (options.scale !== false) [p, q] = [Matrix.div(p, norms[0]), Matrix.div(q, norms[1])];
  const { u, s, v } = svd(q.transpose().mmul(p));
  const rotation = u.mmul(v.transpose());
  const value = s.reduce((sum, one) => sum + one, 0);
  const distance = Matrix.sub(p, q.mmul(rotation)).norm("frobenius");
  const cosine = options.scale === false ? value / (norms[0] * norms[1]) : value;
  const angle = Math.acos(Math.min(1, cosine));
  return { value, distance, squaredDistance: distance ** 2, angle, rotation: rotation.to2DArray() };
}

function padded(rows: Rows, width: number): Matrix {
  const matrix = Matrix.zeros(rows.n, width);
  return matrix.setSubMatrix(toMatrix(rows), 0, 0);
}
