import { meanOf } from "../rows/rows.ts";

/** Pearson's correlation; NaN where one does not vary. */
export function pearson(x: Float64Array, y: Float64Array): number {
  const [mx, my] = [meanOf(x), meanOf(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let at = 0; at < x.length; at++) {
    const [dx, dy] = [(x[at] ?? 0) - mx, (y[at] ?? 0) - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Spearman's correlation: Pearson's of the ranks, equal values sharing the mean of theirs. */
export function spearman(x: Float64Array, y: Float64Array): number {
  return pearson(ranks(x), ranks(y));
}

function ranks(x: Float64Array): Float64Array {
  const order = Int32Array.from(x.keys()).sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0));
  const found = new Float64Array(x.length);
  for (let first = 0, next = 0; first < order.length; first = next) {
    const value = x[order[first] ?? 0];
    next = first + 1;
    while (next < order.length && x[order[next] ?? 0] === value) next++;
    for (let at = first; at < next; at++) found[order[at] ?? 0] = (first + next - 1) / 2;
  }
  return found;
}

/** Kendall's tau-b, by counting the exchanges of a merge sort (Knight 1966). */
export function kendall(x: Float64Array, y: Float64Array): number {
  const order = Int32Array.from(x.keys()).sort(
    (a, b) => (x[a] ?? 0) - (x[b] ?? 0) || (y[a] ?? 0) - (y[b] ?? 0),
  );
  const [xs, ys] = [
    Float64Array.from(order, (at) => x[at] ?? 0),
    Float64Array.from(order, (at) => y[at] ?? 0),
  ];
  const both = tied(xs.length, (at) => xs[at] === xs[at - 1] && ys[at] === ys[at - 1]);
  const inX = tied(xs.length, (at) => xs[at] === xs[at - 1]);
  const exchanges = sortCounting(ys); // leaves ys sorted
  const inY = tied(ys.length, (at) => ys[at] === ys[at - 1]);
  const pairs = (xs.length * (xs.length - 1)) / 2;
  return (pairs - inX - inY + both - 2 * exchanges) / Math.sqrt((pairs - inX) * (pairs - inY));
}

/** Pairs within runs of equal values. */
function tied(length: number, same: (at: number) => boolean): number {
  let [pairs, run] = [0, 0];
  for (let at = 1; at < length; at++) pairs += run = same(at) ? run + 1 : 0;
  return pairs;
}

/** Sorts in place; returns how many pairs stood the wrong way round. */
function sortCounting(values: Float64Array): number {
  if (values.length < 2) return 0;
  const middle = values.length >> 1;
  const [left, right] = [values.slice(0, middle), values.slice(middle)];
  let exchanges = sortCounting(left) + sortCounting(right);
  for (let at = 0, l = 0, r = 0; at < values.length; at++) {
    if (r < right.length && (l === left.length || (right[r] ?? 0) < (left[l] ?? 0))) {
      exchanges += left.length - l;
      values[at] = right[r++] ?? 0;
    } else values[at] = left[l++] ?? 0;
  }
  return exchanges;
}
