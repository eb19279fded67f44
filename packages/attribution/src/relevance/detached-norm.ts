import { add, div, mean, mul, sqrt, square, sub, type Tensor } from "@tensorflow/tfjs-core";

/** The gradient through a norm whose deviation is constant. */
export function detachedNorm(
  x: Tensor,
  gradient: Tensor,
  gain: Tensor,
  epsilon: number,
  isCentered: boolean,
): Tensor {
  const rest = isCentered ? sub(x, mean(x, -1, true)) : x;
  const slope = div(mul(gradient, gain), sqrt(add(mean(square(rest), -1, true), epsilon)));
  return isCentered ? sub(slope, mean(slope, -1, true)) : slope;
}
