import { option, readOptions } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import { valuesConstant } from "../rows/errors.ts";
import { isConstant, needRows, pickRows, readPair, type Rows, sumOf } from "../rows/rows.ts";
import { featurePairs, scaledFeaturePairs } from "./features.ts";
import { biasedHsic, type KernelPair, type KernelPairs, unbiasedHsic } from "./hsic.ts";
import { linearPairs, rbfPairs } from "./kernels.ts";
import type { SimilarityResult } from "./similarity.ts";

/** Options of {@link cka}. */
export interface CkaOptions {
  /** Default `"linear"`. */
  readonly kernel?: "linear" | "rbf";
  /** `"unbiased"` and `"minibatch"` use the unbiased HSIC. Default `"biased"`. */
  readonly estimator?: "biased" | "unbiased" | "minibatch";
  /** Rows of a batch of `"minibatch"`, at least 4; rows that fill no batch are left out. Default 256. */
  readonly batchSize?: number;
  /** `"rbf"`: sigma as a fraction of the median distance. Default 1. */
  readonly sigmaFraction?: number;
}

const OPTIONS = {
  kernel: option.oneOf("linear", "rbf").default("linear"),
  estimator: option.oneOf("biased", "unbiased", "minibatch").default("biased"),
  batchSize: option.number({ min: 4, integer: true }).default(256),
  sigmaFraction: option.number({ above: 0 }).default(1),
};

/** What {@link cka} returns. */
export interface CkaResult extends SimilarityResult {
  /** Widths of the two kernels, where they are `"rbf"` of all rows. */
  readonly sigmas?: readonly [number, number];
}

/**
 * Centred kernel alignment of two representations `[n, ...]` of the same examples: 1 where one is the other, turned and scaled.
 * Kornblith et al., arXiv 1905.00414; unbiased and by minibatches: Nguyen et al., arXiv 2010.15327.
 * **Ownership:** borrows both tensors.
 *
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`, `ROWS_MOSTLY_EQUAL`,
 * `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const x = tensor2d([[1, 2], [3, 4], [5, 7], [0, 1]]);
 * const { value } = await cka(x, mul(x, 3));
 * value.toFixed(4); // => "1.0000"
 */
export async function cka(x: Tensor, y: Tensor, options: CkaOptions = {}): Promise<CkaResult> {
  const { kernel, estimator, batchSize, sigmaFraction } = readOptions("cka", OPTIONS, options);
  const least = { biased: 2, unbiased: 4, minibatch: batchSize }[estimator];
  const hsic = estimator === "biased" ? biasedHsic : unbiasedHsic;
  const isWhole = estimator !== "minibatch";
  const quick =
    isWhole && kernel === "linear" ? await quickPairs(x, y, least, hsic === unbiasedHsic) : undefined;
  if (quick !== undefined) return { value: aligned([quick], hsic) };
  const [a, b] = await readPair("cka", x, y, least);
  if (isConstant(a)) throw valuesConstant("cka", "x");
  if (isConstant(b)) throw valuesConstant("cka", "y");
  const pairsOf = async (p: Rows, q: Rows): Promise<Kernels> =>
    kernel === "rbf" ? rbfPairs(p, q, sigmaFraction) : { pairs: await linearPairsOf(p, q) };
  if (!isWhole) return { value: aligned(await minibatches(a, b, batchSize, pairsOf), hsic) };
  const { pairs, ...sigmas } = await pairsOf(a, b);
  return { value: aligned([pairs], hsic), ...sigmas };
}

interface Kernels {
  readonly pairs: KernelPairs;
  readonly sigmas?: readonly [number, number];
}

/** CKA of kernels that are added up. */
function aligned(batches: readonly KernelPairs[], hsic: (pair: KernelPair) => number): number {
  const summed = (name: keyof KernelPairs): number => sumOf(batches.map((pairs) => hsic(pairs[name])));
  return summed("cross") / Math.sqrt(summed("x") * summed("y"));
}

/** By products of features, where tensors can be multiplied as they are. */
async function quickPairs(
  x: Tensor,
  y: Tensor,
  least: number,
  needsDiagonals: boolean,
): Promise<KernelPairs | undefined> {
  needRows("cka", "x", x);
  needRows("cka", "y", y);
  const [n = 0] = x.shape;
  const isPair = n >= least && y.shape[0] === n && x.dtype === "float32" && y.dtype === "float32";
  return isPair && isNarrow(n, x.size / n, y.size / n) ? featurePairs(x, y, needsDiagonals) : undefined;
}

/** Whether products of features take less than kernels of rows. */
function isNarrow(n: number, x: number, y: number): boolean {
  return x * x + x * y + y * y <= n * (x + y);
}

async function linearPairsOf(a: Rows, b: Rows): Promise<KernelPairs> {
  return isNarrow(a.n, a.width, b.width) ? scaledFeaturePairs(a, b) : linearPairs(a, b);
}

async function minibatches(
  a: Rows,
  b: Rows,
  size: number,
  pairsOf: (a: Rows, b: Rows) => Promise<Kernels>,
): Promise<readonly KernelPairs[]> {
  const found: KernelPairs[] = [];
  for (let first = 0; first + size <= a.n; first += size) {
    const batch = Array.from({ length: size }, (_, at) => first + at);
    found.push((await pairsOf(pickRows(a, batch), pickRows(b, batch))).pairs);
  }
  return found;
}
