import { type Rows, rowOf } from "./rows.ts";

/** Distance between two rows, or how unlike they are: the less, the nearer. */
export type Distance = (a: Float64Array, b: Float64Array) => number;

export const euclidean: Distance = (a, b) => {
  let total = 0;
  for (let at = 0; at < a.length; at++) total += ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
  return Math.sqrt(total);
};

/** The Minkowski distance with exponent `p`. */
export function minkowski(p: number): Distance {
  if (p === 2) return euclidean;
  return (a, b) => {
    let total = 0;
    for (let at = 0; at < a.length; at++) total += Math.abs((a[at] ?? 0) - (b[at] ?? 0)) ** p;
    return total ** (1 / p);
  };
}

/** Distances from one row to all rows. */
export function distancesFrom(rows: Rows, row: number, distance: Distance): Float64Array {
  const own = rowOf(rows, row);
  return Float64Array.from({ length: rows.n }, (_, other) => distance(own, rowOf(rows, other)));
}

/** All other rows, the nearest first; of two as near, the earlier. */
export function orderFrom(distances: Float64Array, row: number): Int32Array {
  const others = Int32Array.from({ length: distances.length - 1 }, (_, at) => (at < row ? at : at + 1));
  return others.sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || a - b);
}

/** The nearest rows of each row, itself left out, with their distances from the nearest on. */
export interface Neighbourhood {
  readonly indices: Int32Array;
  readonly distances: Float64Array;
}

export function neighbourhoods(
  rows: Rows,
  k: number,
  distance: Distance = euclidean,
): readonly Neighbourhood[] {
  return Array.from({ length: rows.n }, (_, row) => {
    const all = distancesFrom(rows, row, distance);
    const indices = orderFrom(all, row).slice(0, k);
    return { indices, distances: Float64Array.from(indices, (other) => all[other] ?? 0) };
  });
}
