import type { Numbers } from "../description/types.ts";

/** A matrix with fewer rows and columns. */
export interface Pooled {
  readonly values: Float32Array;
  readonly rows: number;
  readonly cols: number;
  /** How many rows and columns became one. */
  readonly by: readonly [number, number];
}

/**
 * Joins `by` rows and columns to one, which takes the value farthest from the centre, with its sign: a single large cell
 * stays to be seen, which a mean would hide. NaN is taken where there is nothing else.
 */
export function pool(
  values: Numbers,
  [rows, cols]: readonly [number, number],
  centre: number,
  by: readonly [number, number],
): Pooled {
  const [down, across] = by;
  const [height, width] = [Math.ceil(rows / down), Math.ceil(cols / across)];
  const result = new Float32Array(height * width).fill(Number.NaN);
  for (let row = 0; row < rows; row += 1) {
    const to = Math.floor(row / down) * width;
    for (let col = 0; col < cols; col += 1) {
      const value = values[row * cols + col] ?? Number.NaN;
      const at = to + Math.floor(col / across);
      const held = result[at] ?? Number.NaN;
      if (Number.isNaN(held) || Math.abs(value - centre) > Math.abs(held - centre)) result[at] = value;
    }
  }
  return { values: result, rows: height, cols: width, by };
}

/** Pools so that at most so many rows and columns stay; as it is where it has no more. */
export function poolTo(
  values: Numbers,
  [rows, cols]: readonly [number, number],
  centre: number,
  [most, widest]: readonly [number, number],
): Pooled {
  const by = [Math.max(1, Math.ceil(rows / most)), Math.max(1, Math.ceil(cols / widest))] as const;
  if (by[0] === 1 && by[1] === 1)
    return { values: values instanceof Float32Array ? values : Float32Array.from(values), rows, cols, by };
  return pool(values, [rows, cols], centre, by);
}

/** How a picture names its pooling; empty where there is none. */
export function poolNote([down, across]: readonly [number, number]): string {
  return down === 1 && across === 1 ? "" : `each cell is the largest of ${down} × ${across}`;
}
