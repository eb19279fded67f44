import { dot } from "./scores.ts";

type Numbers = ArrayLike<number>;

/** Arithmetic mean. */
export function meanOf(values: Numbers): number {
  return Array.from(values).reduce((a, b) => a + b, 0) / values.length;
}

/** Pearson's correlation; `NaN` where one of them is constant. */
export function pearson(a: Numbers, b: Numbers): number {
  const [ma, mb] = [meanOf(a), meanOf(b)];
  const [da, db] = [Array.from(a, (x) => x - ma), Array.from(b, (x) => x - mb)];
  return dot(da, db) / Math.sqrt(dot(da, da) * dot(db, db));
}

/** Ranks from 1 up; equal values share the mean of their ranks. */
function ranks(values: Numbers): number[] {
  const order = Array.from(values, (_, i) => i).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const result = Array.from(values, () => 0);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1] ?? 0] === values[order[start] ?? 0]) end++;
    for (let i = start; i <= end; i++) result[order[i] ?? 0] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return result;
}

/** Spearman's rank correlation. */
export function spearman(a: Numbers, b: Numbers): number {
  return pearson(ranks(a), ranks(b));
}

/** Kendall's tau-b. */
export function kendall(a: Numbers, b: Numbers): number {
  let [agree, tiesA, tiesB, pairs] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign((a[i] ?? 0) - (a[j] ?? 0)), Math.sign((b[i] ?? 0) - (b[j] ?? 0))];
      pairs++;
      agree += x * y;
      if (x === 0) tiesA++;
      if (y === 0) tiesB++;
    }
  return agree / Math.sqrt((pairs - tiesA) * (pairs - tiesB));
}

/** Cosine of the angle between two vectors. */
export function cosine(a: Numbers, b: Numbers): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Indices by descending value; of equal ones the lower first. */
export function descending(values: Numbers): number[] {
  return Array.from(values, (_, i) => i).sort((i, j) => (values[j] ?? 0) - (values[i] ?? 0) || i - j);
}
