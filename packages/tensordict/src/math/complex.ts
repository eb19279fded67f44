import { add, complex, div, mul, neg, sqrt, square, sub, type Tensor } from "@tensorflow/tfjs-core";
import { partsOf } from "../shape/change.ts";
import { asComplex } from "./numbers.ts";

/** An operation on two complex numbers, by their real and imaginary parts. */
export type ComplexOp = (a: Parts, b: Parts) => Parts;

type Parts = readonly [re: Tensor, im: Tensor];

/** Operations of which TensorFlow.js has no kernel for complex64, or one that is wrong on some backend. */
export const COMPLEX: Readonly<Record<string, ComplexOp>> = {
  add: ([a, b], [c, d]) => [add(a, c), add(b, d)],
  sub: ([a, b], [c, d]) => [sub(a, c), sub(b, d)],
  mul: ([a, b], [c, d]) => [sub(mul(a, c), mul(b, d)), add(mul(a, d), mul(b, c))],
  div: ([a, b], [c, d]) => {
    const size = add(square(c), square(d));
    return [div(add(mul(a, c), mul(b, d)), size), div(sub(mul(b, c), mul(a, d)), size)];
  },
};

/** Runs one on two tensors, of which at least one is complex64. */
export function combineComplex(op: ComplexOp, a: Tensor, b: Tensor): Tensor {
  return complex(...op(partsOf(asComplex(a)), partsOf(asComplex(b))));
}

/** The negative of a complex64 tensor. */
export function negComplex(tensor: Tensor): Tensor {
  const [re, im] = partsOf(tensor);
  return complex(neg(re), neg(im));
}

/** The distance from zero of each element of a complex64 tensor, float32. */
export function absComplex(tensor: Tensor): Tensor {
  const [re, im] = partsOf(tensor);
  return sqrt(add(square(re), square(im)));
}
