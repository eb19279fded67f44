import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnown, optionInvalid } from "../options.ts";
import { valuesConstant } from "../rows/errors.ts";
import { pickRows, readPair, type Rows } from "../rows/rows.ts";
import { biasedHsic, type Kernel, unbiasedHsic } from "./hsic.ts";
import { linearKernel, rbfKernel } from "./kernels.ts";
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
 * @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `ROWS_CONSTANT`,
 * `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const x = tensor2d([[1, 2], [3, 4], [5, 7], [0, 1]]);
 * const { value } = await cka(x, mul(x, 3));
 * value.toFixed(4); // => "1.0000"
 */
export async function cka(x: Tensor, y: Tensor, options: CkaOptions = {}): Promise<CkaResult> {
  checkKnown("cka", options, ["kernel", "estimator", "batchSize", "sigmaFraction"]);
  const { kernel = "linear", estimator = "biased", batchSize = 256, sigmaFraction = 1 } = options;
  if (!["linear", "rbf"].includes(kernel)) throw optionInvalid("cka", "kernel", kernel, '"linear" or "rbf"');
  if (!["biased", "unbiased", "minibatch"].includes(estimator))
    throw optionInvalid("cka", "estimator", estimator, '"biased", "unbiased" or "minibatch"');
  if (!Number.isInteger(batchSize) || batchSize < 4)
    throw optionInvalid("cka", "batchSize", batchSize, "a whole number of at least 4");
  if (!(Number.isFinite(sigmaFraction) && sigmaFraction > 0))
    throw optionInvalid("cka", "sigmaFraction", sigmaFraction, "a number above 0");
  const least = { biased: 2, unbiased: 4, minibatch: batchSize }[estimator];
  const [a, b] = await readPair("cka", x, y, least);
  const kernels = (rows: Rows): Kernel =>
    kernel === "rbf" ? rbfKernel(rows, sigmaFraction) : linearKernel(rows);
  if (estimator === "minibatch") return { value: minibatch(a, b, batchSize, kernels) };
  const hsic = estimator === "biased" ? biasedHsic : unbiasedHsic;
  const [k, l] = [kernels(a), kernels(b)];
  const value = aligned(hsic(k, l), hsic(k, k), hsic(l, l));
  return "sigma" in k && "sigma" in l ? { value, sigmas: [k.sigma as number, l.sigma as number] } : { value };
}

/** @throws UsageError `ROWS_CONSTANT` */
function aligned(cross: number, x: number, y: number): number {
  if (!(x > 0)) throw valuesConstant("cka", "x");
  if (!(y > 0)) throw valuesConstant("cka", "y");
  return cross / Math.sqrt(x * y);
}

function minibatch(a: Rows, b: Rows, size: number, kernels: (rows: Rows) => Kernel): number {
  let [cross, x, y] = [0, 0, 0];
  for (let first = 0; first + size <= a.n; first += size) {
    const batch = Array.from({ length: size }, (_, at) => first + at);
    const [k, l] = [kernels(pickRows(a, batch)), kernels(pickRows(b, batch))];
    cross += unbiasedHsic(k, l);
    x += unbiasedHsic(k, k);
    y += unbiasedHsic(l, l);
  }
  return aligned(cross, x, y);
}
