import type { Tensor2D } from "@tensorflow/tfjs-core";
import { keptTensor } from "../ops/kept.ts";

/**
 * What is added to attention scores so that no position sees a later one: 0 up to the diagonal, -Infinity above it.
 *
 * **Ownership:** *returns owned* float32 `[dest, src]`.
 */
export function causalMask(size: number): Tensor2D {
  const values = new Float32Array(size * size);
  for (let dest = 0; dest < size; dest++) values.fill(-Infinity, dest * size + dest + 1, (dest + 1) * size);
  // Given two sizes it has two axes.
  return keptTensor(values, [size, size]) as Tensor2D;
}
