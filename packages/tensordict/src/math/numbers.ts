import {
  cast,
  complex,
  equal,
  fill,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  scalar,
  type Tensor,
  where,
  zeros,
} from "@tensorflow/tfjs-core";
import { partsOf } from "../shape/change.ts";

// What the kernels of every backend do right: bool as int32, because those of wasm read one byte as four; nothing of
// complex64, because kernels take its two parts for a list of numbers.

/** Bool as int32 0 and 1, which it counts as wherever something is computed; others as they are. */
export function asNumbers(tensor: Tensor): Tensor {
  return tensor.dtype === "bool" ? cast(tensor, "int32") : tensor;
}

/** A tensor as numbers that can be divided: TensorFlow.js would divide two int32 tensors to a whole number. */
export function asFloat(tensor: Tensor): Tensor {
  return tensor.dtype === "int32" || tensor.dtype === "bool" ? cast(tensor, "float32") : tensor;
}

/** Where a tensor is not zero. A cast to bool would cut fractions off first on some backends. */
export function isTrue(tensor: Tensor): Tensor {
  if (tensor.dtype === "bool") return tensor;
  if (tensor.dtype !== "complex64") return notEqual(tensor, scalar(0, tensor.dtype as "float32"));
  const [re, im] = partsOf(tensor);
  return logicalOr(isTrue(re), isTrue(im));
}

/** A number as a tensor that a leaf can be combined with: whole numbers leave whole numbers whole. */
export function numberFor(dtype: string, value: number): Tensor {
  const isWhole = dtype === "int32" || dtype === "bool";
  return scalar(value, isWhole && isInt32(value) ? "int32" : "float32");
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value === (value | 0);
}

/** Complex64 with no imaginary part; complex64 as it is. */
export function asComplex(tensor: Tensor): Tensor {
  if (tensor.dtype === "complex64") return tensor;
  const re = asFloat(tensor);
  return complex(re, zeros(re.shape));
}

/** A tensor of one dtype, right on every backend. Complex64 has no dtype to become but itself and bool. */
export function castTo(tensor: Tensor, dtype: "float32" | "int32" | "bool" | "complex64"): Tensor {
  if (tensor.dtype === dtype) return cast(tensor, dtype);
  if (dtype === "bool") return isTrue(tensor);
  return dtype === "complex64" ? asComplex(tensor) : cast(tensor, dtype);
}

/** `where` for every dtype: bool goes through int32, complex64 by its parts; two dtypes become the wider one. */
export function choose(condition: Tensor, first: Tensor, other: Tensor | number): Tensor {
  const second = typeof other === "number" ? numberFor(first.dtype, other) : other;
  if (first.dtype === "complex64" || second.dtype === "complex64") {
    const [a, b] = [partsOf(asComplex(first)), partsOf(asComplex(second))];
    return complex(where(condition, a[0], b[0]), where(condition, a[1], b[1]));
  }
  if (first.dtype === "bool" && second.dtype === "bool") {
    return isTrue(where(condition, asNumbers(first), asNumbers(second)));
  }
  const [a, b] = [asNumbers(first), asNumbers(second)];
  return a.dtype === b.dtype ? where(condition, a, b) : where(condition, asFloat(a), asFloat(b));
}

/** Equal, also for complex64 and bool. */
export function isEqual(a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== "complex64" && b.dtype !== "complex64") return equal(asNumbers(a), asNumbers(b));
  const [x, y] = [partsOf(asComplex(a)), partsOf(asComplex(b))];
  return logicalAnd(equal(x[0], y[0]), equal(x[1], y[1]));
}

/** Not equal, also for complex64 and bool. */
export function isDifferent(a: Tensor, b: Tensor): Tensor {
  return logicalNot(isEqual(a, b));
}

/** One number everywhere. */
export function filled(shape: readonly number[], value: number, dtype: "float32" | "int32" | "bool"): Tensor {
  return fill([...shape], value, dtype);
}
