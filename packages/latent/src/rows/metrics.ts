import { dot } from "./rows.ts";

/** What makes one row nearer than another. */
export interface Metric {
  /** The smaller, the nearer. In 64 bits. */
  readonly key: (a: Float64Array, b: Float64Array) => number;
  /** The distance that a key stands for. */
  readonly distance: (key: number) => number;
  /**
   * How keys follow from products: `|a|^2 + |b|^2 - 2 a b` of `"centred"` rows, `-a b` of `"unit"` rows. Without it keys are computed
   * one by one.
   */
  readonly products?: "centred" | "unit";
}

const same = (key: number): number => key;

/** The squared Euclidean distance. */
export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let at = 0; at < a.length; at++) {
    const apart = (a[at] ?? 0) - (b[at] ?? 0);
    total += apart * apart;
  }
  return total;
}

export const EUCLIDEAN: Metric = { key: squaredDistance, distance: Math.sqrt, products: "centred" };

/** The cosine of rows of length 1: the larger, the nearer. */
export const COSINE: Metric = { key: (a, b) => -dot(a, b), distance: same, products: "unit" };

/** The Minkowski distance with exponent `p`; `Infinity` is the largest difference. */
export function minkowski(p: number): Metric {
  if (p === 2) return EUCLIDEAN;
  if (p === Infinity) return { key: largestDifference, distance: same };
  return {
    key: (a, b) => {
      let total = 0;
      for (let at = 0; at < a.length; at++) total += Math.abs((a[at] ?? 0) - (b[at] ?? 0)) ** p;
      return total;
    },
    distance: (key) => key ** (1 / p),
  };
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  let most = 0;
  for (let at = 0; at < a.length; at++) most = Math.max(most, Math.abs((a[at] ?? 0) - (b[at] ?? 0)));
  return most;
}
