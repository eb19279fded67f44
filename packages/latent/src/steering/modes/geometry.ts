import { div, matMul, norm, reshape, type Tensor } from "@tensorflow/tfjs-core";

/** A direction of length 1. */
export function unit(vector: Tensor): Tensor {
  return div(vector, norm(vector));
}

/** How far each value reaches along a direction, `[..., 1]`. */
export function along(value: Tensor, direction: Tensor): Tensor {
  const width = value.shape.at(-1) ?? 1;
  const found = matMul(reshape(value, [-1, width]), reshape(direction, [width, 1]));
  return reshape(found, [...value.shape.slice(0, -1), 1]);
}
