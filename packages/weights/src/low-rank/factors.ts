import type { Weight } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { add, div, matMul, mul, norm, type Tensor } from "@tensorflow/tfjs-core";
import { factorsUnfit } from "../errors.ts";

/** A low-rank adapter of one kernel `[in, out]`. */
export interface LowRankFactors {
  /** `[in, r]` */
  readonly a: Tensor;
  /** `[r, out]` */
  readonly b: Tensor;
  /** What the product of both is divided by the rank and multiplied by. Default the rank: the product as it is. */
  readonly alpha?: number;
  /** Whether it is divided by the root of the rank instead: rsLoRA. */
  readonly isRankStabilized?: boolean;
  /** The length that each column gets in the end, `[out]`: DoRA. */
  readonly magnitude?: Tensor;
}

/** What `a b` is multiplied by. */
export function scaleOf({ a, alpha, isRankStabilized = false }: LowRankFactors): number {
  const rank = a.shape[1] ?? 1;
  return (alpha ?? (isRankStabilized ? Math.sqrt(rank) : rank)) / (isRankStabilized ? Math.sqrt(rank) : rank);
}

/** A kernel with an adapter merged into it. **Ownership:** *borrows*; the result belongs to the scope. */
export function merged(kernel: Tensor, factors: LowRankFactors, strength: number): Tensor {
  const { a, b, magnitude } = factors;
  const sum = add(kernel, mul(matMul(a, b), strength * scaleOf(factors)));
  if (magnitude === undefined) return sum;
  return mul(sum, div(magnitude, norm(sum, "euclidean", 0)));
}

/** @throws ShapeError `FACTORS_UNFIT` */
export function checkFactors({ path, shape, tensor }: Weight, factors: LowRankFactors): void {
  const { a, b, magnitude, alpha = 1 } = { ...factors }; // plain JavaScript may leave them out
  const [input, out] = shape;
  const isMatrix = (each: unknown, rows: number | undefined, columns: number | undefined): boolean =>
    isTensor(each) &&
    !each.isDisposed &&
    each.rank === 2 &&
    each.shape[0] === rows &&
    each.shape[1] === columns;
  const rank = isTensor(a) ? a.shape[1] : undefined;
  const isFit =
    shape.length === 2 &&
    isMatrix(a, input, rank) &&
    isMatrix(b, rank, out) &&
    (rank ?? 0) > 0 &&
    Number.isFinite(alpha) &&
    (magnitude === undefined || (isTensor(magnitude) && magnitude.shape.join() === String(out)));
  if (!isFit) throw factorsUnfit(path, tensor, { a, b, magnitude, alpha });
}
