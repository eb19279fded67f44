import { Keys } from "./keys.ts";
import { EUCLIDEAN, type Metric } from "./metrics.ts";
import type { Rows } from "./rows.ts";

/** The nearest rows of each row, itself left out, with their distances from the nearest on. */
export interface Neighbourhood {
  readonly indices: Int32Array;
  readonly distances: Float64Array;
}

/** The nearest `k` rows of each row; of two as near, the earlier. */
export async function neighbourhoods(
  rows: Rows,
  k: number,
  metric: Metric = EUCLIDEAN,
): Promise<readonly Neighbourhood[]> {
  using keys = new Keys(rows, metric);
  const found: Neighbourhood[] = [];
  for (let first = 0; first < rows.n; first += keys.step) {
    await keys.load(first);
    for (let row = first; row < Math.min(rows.n, first + keys.step); row++) {
      const near = nearest(keys, row, k);
      found.push({
        indices: Int32Array.from(near, ({ at }) => at),
        distances: Float64Array.from(near, ({ key }) => keys.distance(key)),
      });
    }
  }
  return found;
}

/** A row and its key from another. */
export interface Near {
  readonly at: number;
  readonly key: number;
}

/** The nearest `k` rows of one row, of two as near the earlier, with keys in 64 bits. */
export function nearest(keys: Keys, row: number, k: number): readonly Near[] {
  const { low, high } = keys.of(row);
  const limit = kthSmallest(high, k, row);
  const found: Near[] = [];
  for (let at = 0; at < low.length; at++)
    if ((low[at] ?? 0) <= limit && at !== row) found.push({ at, key: keys.exact(row, at) });
  return found.sort((a, b) => a.key - b.key || a.at - b.at).slice(0, k);
}

/** How many rows are nearer to a row than a given one; of two as near, the earlier is. After `nearest` or `keys.of` of that row. */
export function countNearer(
  keys: Keys,
  { low, high }: { readonly low: Float64Array; readonly high: Float64Array },
  row: number,
  other: number,
): number {
  const key = keys.exact(row, other);
  let count = 0;
  for (let at = 0; at < low.length; at++) {
    if ((low[at] ?? 0) > key || at === row || at === other) continue;
    if ((high[at] ?? 0) < key) count++;
    else {
      const own = keys.exact(row, at);
      if (own < key || (own === key && at < other)) count++;
    }
  }
  return count;
}

/** The `k`-th smallest value, one place left out: a heap of the `k` smallest so far, the largest of them on top. */
function kthSmallest(values: Float64Array, k: number, skip: number): number {
  const heap = new Float64Array(k).fill(Infinity);
  let top = Infinity;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? 0;
    if (value >= top || at === skip) continue;
    let place = 0;
    for (let child = 1; child < k; child = 2 * place + 1) {
      if (child + 1 < k && (heap[child + 1] ?? 0) > (heap[child] ?? 0)) child++;
      if ((heap[child] ?? 0) <= value) break;
      heap[place] = heap[child] ?? 0;
      place = child;
    }
    heap[place] = value;
    top = heap[0] ?? Infinity;
  }
  return top;
}
