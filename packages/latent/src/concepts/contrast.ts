import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { svd } from "../rows/decompose.ts";
import { columnsDiffer, valuesConstant } from "../rows/errors.ts";
import { centred, columnMeans, dot, readPair, rowOf, type Rows, toMatrix } from "../rows/rows.ts";

/** Options of {@link contrastVector}. */
export interface ContrastVectorOptions {
  /**
   * `"mean"`: the mean difference (arXiv 2312.06681). `"svd"`: the direction with the most of the differences. `"pca"`: the same of
   * differences less their mean. `"reading"`: of differences whose odd rows are negated, less their mean (arXiv 2310.01405).
   * Default `"mean"`.
   */
  readonly method?: "mean" | "svd" | "pca" | "reading";
}

/** What {@link contrastVector} returns. */
export interface ContrastVector {
  /** `[width]`; of length 1 unless it is a mean. It points from negative to positive. */
  readonly vector: Float64Array;
  /** The part of the squares that it explains; 1 for a mean. */
  readonly explained: number;
  /** Each difference along the vector. */
  readonly projections: Float64Array;
}

/**
 * A direction from negative to positive examples, `[n, ...]` each, whose rows are pairs. **Ownership:** borrows both.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`, `COLUMNS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`,
 * `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const { vector } = await contrastVector(tensor2d([[1, 2], [3, 4]]), tensor2d([[0, 0], [2, 0]]));
 * [...vector]; // => [1, 3]
 */
export async function contrastVector(
  positive: Tensor,
  negative: Tensor,
  options: ContrastVectorOptions = {},
): Promise<ContrastVector> {
  const owner = "contrastVector";
  checkKnownOptions(owner, options, ["method"]);
  const { method = "mean" } = options;
  if (!["mean", "svd", "pca", "reading"].includes(method))
    throw optionInvalid(owner, "method", method, '"mean", "svd", "pca" or "reading"');
  const [a, b] = await readPair(owner, positive, negative, method === "pca" || method === "reading" ? 2 : 1);
  if (a.width !== b.width) throw columnsDiffer(owner, a.width, b.width);
  const apart: Rows = { ...a, values: a.values.map((value, at) => value - (b.values[at] ?? 0)) };
  const { vector, explained } =
    method === "mean"
      ? { vector: columnMeans(apart), explained: 1 }
      : principal(owner, prepared(apart, method));
  const means = columnMeans(apart);
  const signed = dot(means, vector) < 0 ? vector.map((value) => -value) : vector;
  const projections = Float64Array.from({ length: apart.n }, (_, row) => dot(rowOf(apart, row), signed));
  return { vector: signed, explained, projections };
}

function prepared(apart: Rows, method: "svd" | "pca" | "reading"): Rows {
  if (method === "svd") return apart;
  if (method === "pca") return centred(apart);
  const isOdd = (at: number): boolean => Math.floor(at / apart.width) % 2 === 1;
  return centred({ ...apart, values: apart.values.map((value, at) => (isOdd(at) ? -value : value)) });
}

/** The first right singular vector. @throws UsageError `ROWS_CONSTANT` */
function principal(owner: string, rows: Rows): { readonly vector: Float64Array; readonly explained: number } {
  const { s, v } = svd(toMatrix(rows));
  const total = s.reduce((sum, one) => sum + one ** 2, 0);
  if (total === 0) throw valuesConstant(owner, "the differences");
  return { vector: Float64Array.from(v.getColumn(0)), explained: (s[0] ?? 0) ** 2 / total };
}
