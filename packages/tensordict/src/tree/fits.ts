import type { Tensor } from "@tensorflow/tfjs-core";
import { isTensor } from "../values/structure.ts";
import type { Mismatch } from "./errors.ts";

/** Whether a shape begins with the batch size. */
export function startsWith(shape: readonly number[], batchSize: readonly number[]): boolean {
  if (shape.length < batchSize.length) return false;
  for (let i = 0; i < batchSize.length; i++) if (shape[i] !== batchSize[i]) return false;
  return true;
}

/** Notes a shape that does not begin with the batch size. */
export function checkShape(
  path: readonly string[],
  shape: readonly number[],
  batchSize: readonly number[],
  mismatches: Mismatch[],
): void {
  if (!startsWith(shape, batchSize)) mismatches.push({ key: path, expected: batchSize, got: shape });
}

/** Whether two shapes are the same. */
export function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && startsWith(a, b);
}

/** Whether a value is a tensor that may be stored: what most are, told without a path made. */
export function isFitting(value: unknown, batchSize: readonly number[]): value is Tensor {
  return isTensor(value) && !value.isDisposed && startsWith(value.shape, batchSize);
}
