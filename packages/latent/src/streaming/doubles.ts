import { type Tensor, tensor2d } from "@tensorflow/tfjs-core";

/**
 * Numbers of 64 bits as two rows of 32: the nearest ones, and what they lack. Enough for sums that go on later: 48 bits stay.
 * **Ownership:** returns owned.
 */
export function fromDoubles(values: Float64Array): Tensor {
  const high = Float32Array.from(values);
  const low = Float32Array.from(values, (value, at) => value - (high[at] ?? 0));
  const both = new Float32Array(2 * values.length);
  both.set(high);
  both.set(low, values.length);
  return tensor2d(both, [2, values.length]);
}

/** The numbers again. **Ownership:** borrows. */
export async function toDoubles(pairs: Tensor): Promise<Float64Array> {
  const values = await pairs.data();
  const length = values.length / 2;
  return Float64Array.from({ length }, (_, at) => (values[at] ?? 0) + (values[length + at] ?? 0));
}
