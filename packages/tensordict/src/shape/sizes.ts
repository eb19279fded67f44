import { dimRange, sizesInvalid } from "./errors.ts";

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** A dim counted from the front. @throws ShapeError `DIM_RANGE`. */
export function checkDim(action: string, dim: number, dims: number): number {
  if (!Number.isInteger(dim) || dim < -dims || dim >= dims) throw dimRange(action, dim, dims);
  return dim < 0 ? dim + dims : dim;
}

/** Row-major position of an index. */
export function positionOf(shape: readonly number[], index: readonly number[]): number {
  let position = 0;
  for (const [dim, size] of shape.entries()) position = position * size + (index[dim] ?? 0);
  return position;
}

/** Index of a row-major position. */
export function indexAt(shape: readonly number[], position: number): number[] {
  const index = shape.map(() => 0);
  let left = position;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    const size = shape[dim] ?? 1;
    index[dim] = left % size;
    left = Math.floor(left / size);
  }
  return index;
}

/** What `at` gives for every index of a shape, row-major. */
export function mapIndices<T>(shape: readonly number[], at: (index: readonly number[]) => T): T[] {
  return Array.from({ length: elementCount(shape) }, (_, position) => at(indexAt(shape, position)));
}

/** The shape that two shapes are broadcast to together, or `undefined`. */
export function broadcastSizes(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const sizes = Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1];
    return x === y || y === 1 ? x : x === 1 ? y : -1;
  });
  return sizes.includes(-1) ? undefined : sizes;
}

/** A list of whole numbers. @throws UsageError `SIZES_INVALID`. */
export function checkSizes(action: string, sizes: unknown): readonly number[] {
  const isList = Array.isArray(sizes) && sizes.every((size) => Number.isSafeInteger(size));
  if (!isList) throw sizesInvalid(action, sizes);
  return sizes as readonly number[]; // checked above
}
