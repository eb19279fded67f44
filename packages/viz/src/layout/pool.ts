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

/** Levels of large matrices are kept with their numbers. */
const LARGE = 100_000;
const LEVELS = new WeakMap<Numbers, Map<string, Pooled>>();

/** Pools, coarser levels from finer ones: whoever looks closer, and at the whole again, waits once. */
function level(
  values: Numbers,
  counts: readonly [number, number],
  centre: number,
  by: readonly [number, number],
): Pooled {
  const known = LEVELS.get(values) ?? new Map<string, Pooled>();
  LEVELS.set(values, known);
  const key = [...counts, centre, ...by].join();
  const held = known.get(key);
  if (held !== undefined) return held;
  const step = by.map((each) => (each % 2 === 0 ? 2 : 1)) as [number, number];
  const finer = [by[0] / step[0], by[1] / step[1]] as const;
  const isMade = (step[0] > 1 || step[1] > 1) && (finer[0] > 1 || finer[1] > 1);
  const from = isMade ? level(values, counts, centre, finer) : undefined;
  const made =
    from === undefined
      ? pool(values, counts, centre, by)
      : { ...pool(from.values, [from.rows, from.cols], centre, step), by };
  known.set(key, made);
  return made;
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
  const make = values.length > LARGE ? level : pool;
  return make(values, [rows, cols], centre, by);
}

/** How a picture names its pooling; empty where there is none. */
export function poolNote([down, across]: readonly [number, number]): string {
  return down === 1 && across === 1 ? "" : `each cell is the largest of ${down} × ${across}`;
}
