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
