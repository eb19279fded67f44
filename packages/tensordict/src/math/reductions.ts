import {
  all,
  any,
  argMax,
  argMin,
  complex,
  div,
  exp,
  isNaN as isNaNOf,
  log,
  max,
  mean,
  min,
  mul,
  prod,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
  gather,
  reshape,
  topk,
  transpose,
  add,
} from "@tensorflow/tfjs-core";
import { partsOf } from "../shape/change.ts";
import { elementCount } from "../shape/sizes.ts";
import { absComplex } from "./complex.ts";
import { numberInvalid } from "./errors.ts";
import { asFloat, asNumbers, isTrue } from "./numbers.ts";
import { optionsOf } from "../tree/options.ts";
import type { ReduceOptions, Reduction } from "./reduce.ts";

const NAN: Reduction["empty"] = () => [Number.NaN, "float32"];
const numberDtype = (dtype: string): "float32" | "int32" => (dtype === "float32" ? "float32" : "int32");

function byParts(op: (tensor: Tensor, dims: number[]) => Tensor): Reduction["op"] {
  return (tensor, dims) => {
    if (tensor.dtype !== "complex64") return op(tensor, dims);
    const [re, im] = partsOf(tensor);
    return complex(op(re, dims), op(im, dims));
  };
}

function countOf(tensor: Tensor, dims: readonly number[]): number {
  return elementCount(dims.map((dim) => tensor.shape[dim] ?? 1));
}

/** Names of the reductions that need nothing but dims. */
type ReductionName =
  | "sum"
  | "mean"
  | "prod"
  | "max"
  | "min"
  | "norm"
  | "any"
  | "all"
  | "logSumExp"
  | "nanSum"
  | "nanMean"
  | "argMax"
  | "argMin";

/** The reductions by name, each with what it is over nothing. */
export const REDUCTIONS: Readonly<Record<ReductionName, Reduction>> = {
  sum: {
    op: byParts((tensor, dims) => sum(asNumbers(tensor), dims)),
    empty: (dtype) => [0, numberDtype(dtype)],
    isComplex: true,
  },
  mean: { op: byParts((tensor, dims) => mean(asFloat(tensor), dims)), empty: NAN, isComplex: true },
  prod: {
    op: (tensor, dims) => prod(asNumbers(tensor), dims),
    empty: (dtype) => [1, numberDtype(dtype)],
  },
  max: { op: (tensor, dims) => keepBool(tensor, max(asNumbers(tensor), dims)), empty: undefined },
  min: { op: (tensor, dims) => keepBool(tensor, min(asNumbers(tensor), dims)), empty: undefined },
  norm: {
    op: (tensor, dims) =>
      sqrt(sum(square(tensor.dtype === "complex64" ? absComplex(tensor) : asFloat(tensor)), dims)),
    empty: () => [0, "float32"],
    isComplex: true,
  },
  any: { op: (tensor, dims) => any(isTrue(tensor), dims), empty: () => [0, "bool"], isComplex: true },
  all: { op: (tensor, dims) => all(isTrue(tensor), dims), empty: () => [1, "bool"], isComplex: true },
  logSumExp: { op: (tensor, dims) => logSumExp(asFloat(tensor), dims), empty: () => [-Infinity, "float32"] },
  nanSum: {
    op: (tensor, dims) => sum(withoutNaN(asNumbers(tensor)), dims),
    empty: (dtype) => [0, numberDtype(dtype)],
  },
  nanMean: { op: nanMean, empty: NAN },
  argMax: { op: (tensor, [dim]) => argMax(asNumbers(tensor), dim), empty: undefined },
  argMin: { op: (tensor, [dim]) => argMin(asNumbers(tensor), dim), empty: undefined },
};

/** Largest and smallest of bools are bools. */
function keepBool(tensor: Tensor, reduced: Tensor): Tensor {
  return tensor.dtype === "bool" ? isTrue(reduced) : reduced;
}

/** `log(sum(exp(x)))` that neither overflows nor makes NaN of infinities. */
function logSumExp(tensor: Tensor, dims: number[]): Tensor {
  const most = max(tensor, dims, true);
  const finite = where(isFiniteOf(most), most, zerosLike(most));
  const inner = log(sum(exp(sub(tensor, finite)), dims));
  return add(inner, reshape(finite, inner.shape));
}

function isFiniteOf(tensor: Tensor): Tensor {
  return isTrue(sub(scalar(1), asFloat(isNaNOf(sub(tensor, tensor)))));
}

function withoutNaN(tensor: Tensor): Tensor {
  return tensor.dtype === "float32" ? where(isNaNOf(tensor), zerosLike(tensor), tensor) : tensor;
}

function nanMean(tensor: Tensor, dims: number[]): Tensor {
  const values = asFloat(tensor);
  const present = sub(scalar(1), asFloat(isNaNOf(values)));
  return div(sum(withoutNaN(values), dims), sum(present, dims));
}

/** Options of `var` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** How much less than the number of elements the divisor is. Default 1. */
  readonly correction?: number;
}

/** Variance with `correction` fewer in the divisor than there are elements; NaN where that leaves none. */
export function varianceOf(action: string, options: VarianceOptions | undefined): Reduction {
  const { correction = 1 } = optionsOf(action, options);
  if (!Number.isFinite(correction) || correction < 0) {
    throw numberInvalid(
      action,
      "correction",
      correction,
      "a number from 0 on: 1 for a sample, 0 for a whole population",
    );
  }
  const op = (tensor: Tensor, dims: number[]): Tensor => {
    const values = asFloat(tensor);
    const deviation = sub(values, mean(values, dims, true));
    const rest = countOf(tensor, dims) - correction;
    return div(sum(square(deviation), dims), scalar(rest > 0 ? rest : Number.NaN));
  };
  return { op: action === "std" ? (tensor, dims) => sqrt(op(tensor, dims)) : op, empty: NAN };
}

/** The value below which a share `q` of the elements lies, between two of them by their distance. */
export function quantileOf(q: number): Reduction {
  if (typeof q !== "number" || !(q >= 0 && q <= 1))
    throw numberInvalid("quantile", "share", q, "a number from 0 to 1");
  return {
    op: (tensor, dims) => {
      const kept = tensor.shape.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
      const count = countOf(tensor, dims);
      const last = reshape(transpose(asFloat(tensor), [...kept, ...dims]), [
        ...kept.map((dim) => tensor.shape[dim] ?? 1),
        count,
      ]);
      const falling = topk(last, count).values;
      const at = (1 - q) * (count - 1);
      const low = Math.floor(at);
      const pick = (index: number): Tensor =>
        gather(falling, scalar(Math.min(index, count - 1), "int32"), falling.rank - 1);
      return add(mul(pick(low), scalar(1 - (at - low))), mul(pick(low + 1), scalar(at - low)));
    },
    empty: undefined,
  };
}
