import { countWords, isCount } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { valuesConstant } from "../rows/errors.ts";
import { COSINE } from "../rows/metrics.ts";
import { neighbourhoods } from "../rows/neighbours.ts";
import { dot, readPair, rowOf, type Rows, sumOf, unitRows } from "../rows/rows.ts";
import { unbiasedHsic } from "./hsic.ts";
import type { SimilarityResult } from "./similarity.ts";

/** Options of {@link mutualKnn} and {@link cknna}. */
export interface NeighbourOptions {
  /** How many neighbours count. Default 10. */
  readonly k?: number;
}

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
  const [first, second] = [await neighbours(unitRows(a), k), await neighbours(unitRows(b), k)];
  const shared = first.reduce((sum, near, row) => sum + both(near, second[row]).size, 0);
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
  const [first, second] = [await neighbours(a, k), await neighbours(b, k)];
  const shared = first.map((near, row) => both(near, second[row]));
  const own = sparseHsic(masked(a, first), masked(a, first));
  const other = sparseHsic(masked(b, second), masked(b, second));
  if (own === 0) throw valuesConstant("cknna", "x");
  if (other === 0) throw valuesConstant("cknna", "y");
  return { value: sparseHsic(masked(a, shared), masked(b, shared)) / Math.sqrt(own * other) };
}

function checkedCount(owner: string, options: NeighbourOptions): number {
  checkKnownOptions(owner, options, ["k"]);
  const { k = 10 } = options;
  if (!isCount(k)) throw optionInvalid(owner, "k", k, countWords());
  return k;
}

/** The nearest rows of each row, by cosine. */
async function neighbours(rows: Rows, k: number): Promise<readonly ReadonlySet<number>[]> {
  return (await neighbourhoods(rows, k, COSINE)).map(({ indices }) => new Set(indices));
}

function both(a: ReadonlySet<number>, b: ReadonlySet<number> | undefined): ReadonlySet<number> {
  return new Set([...a].filter((at) => b?.has(at) === true));
}

/** A kernel's values by row and column where they are not 0. */
type Sparse = readonly ReadonlyMap<number, number>[];

/** Products of unit rows with some others each. */
function masked(rows: Rows, kept: readonly ReadonlySet<number>[]): Sparse {
  return kept.map(
    (others, row) => new Map([...others].map((at) => [at, dot(rowOf(rows, row), rowOf(rows, at))])),
  );
}

/** The unbiased HSIC, `tr(K L)` and all, of kernels that need not be symmetric and whose diagonals are 0. */
function sparseHsic(k: Sparse, l: Sparse): number {
  const columns = new Float64Array(k.length);
  const rows = l.map((values) => sumOf([...values.values()]));
  let inner = 0;
  k.forEach((values, row) =>
    values.forEach((value, at) => {
      columns[at] = (columns[at] ?? 0) + value;
      inner += value * (l[at]?.get(row) ?? 0);
    }),
  );
  const none = new Float64Array(k.length);
  return unbiasedHsic({
    n: k.length,
    inner,
    rows: [columns, Float64Array.from(rows)],
    diagonals: [none, none],
  });
}
