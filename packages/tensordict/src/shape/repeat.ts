import type { BatchChange } from "./change.ts";
import { argumentInvalid } from "../values/arguments.ts";
import { isCount, MOST_COUNT } from "../values/counts.ts";
import { sizesInvalid } from "./errors.ts";
import { pickDims } from "./select.ts";
import { checkDim, checkSizes } from "./sizes.ts";

/** Indices of the dims that change; the others are kept whole. */
function changedDims(
  batchSize: readonly number[],
  indicesOf: (size: number, dim: number) => readonly number[] | undefined,
): BatchChange {
  return pickDims(
    batchSize.map((size, dim) => {
      const indices = indicesOf(size, dim);
      return { indices: indices ?? range(size), isRun: indices === undefined, isDropped: false };
    }),
  );
}

function range(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}

/** Some batch dims backwards. */
export function flipped(batchSize: readonly number[], dims: number | readonly number[]): BatchChange {
  const listed = checkSizes("flip", typeof dims === "number" ? [dims] : dims);
  const chosen = listed.map((dim) => checkDim("flip", dim, batchSize.length));
  return changedDims(batchSize, (size, dim) => (chosen.includes(dim) ? range(size).reverse() : undefined));
}

/** The elements of a batch dim moved on by `shift`; what leaves at the end comes in at the beginning. */
export function rolled(batchSize: readonly number[], shift: number, dim: number): BatchChange {
  const at = checkDim("roll", dim, batchSize.length);
  checkSizes("roll", [shift]);
  return changedDims(batchSize, (size, i) =>
    i === at ? range(size).map((to) => (((to - shift) % size) + size) % size) : undefined,
  );
}

/** The whole batch repeated along each of its dims. */
export function repeated(batchSize: readonly number[], counts: readonly number[]): BatchChange {
  const times = checkCounts("repeat", counts);
  if (times.length !== batchSize.length) throw sizesInvalid("repeat", counts);
  for (const [dim, size] of batchSize.entries()) checkRoom("repeat", size, times[dim] ?? 1);
  return changedDims(batchSize, (size, dim) => {
    const count = times[dim] ?? 1;
    return count === 1 ? undefined : Array.from({ length: size * count }, (_, i) => i % size);
  });
}

/** Each element of a batch dim repeated next to itself. */
export function interleaved(batchSize: readonly number[], count: number, dim: number): BatchChange {
  const at = checkDim("repeatInterleave", dim, batchSize.length);
  checkCounts("repeatInterleave", [count]);
  checkRoom("repeatInterleave", batchSize[at] ?? 0, count);
  return changedDims(batchSize, (size, i) =>
    i === at ? Array.from({ length: size * count }, (_, to) => Math.floor(to / count)) : undefined,
  );
}

/** @throws UsageError `ARGUMENT_INVALID` for more rows than anything may have */
function checkRoom(action: string, size: number, count: number): void {
  if (isCount(size * count, 0)) return;
  const most = Math.floor(MOST_COUNT / size);
  throw argumentInvalid(action, "a count", count, `a whole number from 0 to ${most}, for a dim of ${size}`);
}

function checkCounts(action: string, counts: readonly number[]): readonly number[] {
  const times = checkSizes(action, counts);
  if (times.some((count) => count < 0)) throw sizesInvalid(action, counts);
  return times;
}
