import { dimRange } from "./errors.ts";

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
