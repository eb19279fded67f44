import { type Scalar, scalar, type Tensor } from "@tensorflow/tfjs-core";

/** Reads a tensor and disposes it. */
export function take(tensor: Tensor): number[] {
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
}

/** The only value of a tensor, which is disposed. */
export function takeOne(tensor: Tensor): number {
  const [value = Number.NaN] = take(tensor);
  return value;
}

/** Runs a scalar function of a number. */
export function at(x: number, fn: (x: Scalar) => Tensor): number {
  const input = scalar(x);
  try {
    return takeOne(fn(input));
  } finally {
    input.dispose();
  }
}
