import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnown, optionInvalid } from "../options.ts";
import { valuesConstant } from "../rows/errors.ts";
import { type Distance, neighbourhoods } from "../rows/neighbours.ts";
import { dot, readPair, type Rows, unitRows } from "../rows/rows.ts";
import { type Kernel, unbiasedHsic } from "./hsic.ts";
import { linearKernel } from "./kernels.ts";
import type { SimilarityResult } from "./similarity.ts";

/** Options of {@link mutualKnn} and {@link cknna}. */
export interface NeighbourOptions {
  /** How many neighbours count. Default 10. */
  readonly k?: number;
}

const unlike: Distance = (a, b) => -dot(a, b);

/**
 * The part of the `k` nearest neighbours, by cosine, that two representations `[n, ...]` share.
 * Huh et al., arXiv 2405.07987. **Ownership:** borrows both tensors.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * const x = tensor2d([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.8]]);
 * (await mutualKnn(x, x, { k: 1 })).value; // => 1
 */
export async function mutualKnn(
  x: Tensor,
  y: Tensor,
  options: NeighbourOptions = {},
): Promise<SimilarityResult> {
  const k = checkedCount("mutualKnn", options);
  const [a, b] = await readPair("mutualKnn", x, y, k + 1);
  const [first, second] = [masks(unitRows(a), k), masks(unitRows(b), k)];
  const shared = first.reduce((sum, mask, at) => sum + mask * (second[at] ?? 0), 0);
  return { value: shared / (k * a.n) };
}

/**
 * Centred kernel alignment of rows of length 1 on mutual nearest neighbours alone, with the unbiased HSIC. The value is NaN where
 * no neighbours are shared by as much as chance. Huh et al., arXiv 2405.07987. **Ownership:** borrows both tensors, `[n, ...]`.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`,
 * `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const x = randomNormal([20, 3], 0, 1, "float32", 1);
 * (await cknna(x, x, { k: 3 })).value.toFixed(4); // => "1.0000"
 */
export async function cknna(x: Tensor, y: Tensor, options: NeighbourOptions = {}): Promise<SimilarityResult> {
  const k = checkedCount("cknna", options);
  const [a, b] = (await readPair("cknna", x, y, Math.max(4, k + 1))).map(unitRows) as [Rows, Rows];
  const [first, second] = [masks(a, k), masks(b, k)];
  const [p, q] = [linearKernel(a), linearKernel(b)];
  const both = first.map((mask, at) => mask * (second[at] ?? 0));
  const own = unbiasedHsic(masked(p, first), masked(p, first));
  const other = unbiasedHsic(masked(q, second), masked(q, second));
  if (own === 0) throw valuesConstant("cknna", "x");
  if (other === 0) throw valuesConstant("cknna", "y");
  return { value: unbiasedHsic(masked(p, both), masked(q, both)) / Math.sqrt(own * other) };
}

function checkedCount(owner: string, options: NeighbourOptions): number {
  checkKnown(owner, options, ["k"]);
  const { k = 10 } = options;
  if (!Number.isInteger(k) || k < 1) throw optionInvalid(owner, "k", k, "a whole number of at least 1");
  return k;
}

/** `[n, n]`: 1 where the column is among the nearest of the row. */
function masks(rows: Rows, k: number): Float64Array {
  const mask = new Float64Array(rows.n ** 2);
  neighbourhoods(rows, k, unlike).forEach(({ indices }, row) => {
    for (const other of indices) mask[row * rows.n + other] = 1;
  });
  return mask;
}

function masked(kernel: Kernel, mask: Float64Array): Kernel {
  return { n: kernel.n, values: kernel.values.map((value, at) => value * (mask[at] ?? 0)) };
}
