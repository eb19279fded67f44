/** A token of a word while it is put together. */
export interface Part {
  token: string;
  /** How many bytes of the piece it stands for. */
  bytes: number;
}

/** What two tokens become, and how early that was learnt. */
export interface Merge {
  readonly rank: number;
  readonly token: string;
}

/** Merges by their left and their right token. */
export type Merges = ReadonlyMap<string, ReadonlyMap<string, Merge>>;

/** A pair that may be put together, unless something else has happened to it meanwhile. */
interface Pair {
  readonly left: number;
  readonly right: number;
  readonly leftToken: string;
  readonly rightToken: string;
  readonly merge: Merge;
}

/**
 * Puts together, of all pairs, the one that was learnt first; of two alike, the one that stands first; until none is left.
 * Pieces may be whole texts, so that the pairs wait in a heap.
 */
export function merged(parts: readonly Part[], merges: Merges): readonly Part[] {
  const left: (Part | undefined)[] = parts.map((part) => ({ ...part }));
  const next = parts.map((_, i) => i + 1);
  const before = parts.map((_, i) => i - 1);
  const pairs = new Heap();
  const note = (from: number, to: number): void => {
    const [first, second] = [left[from], left[to]];
    if (first === undefined || second === undefined) return;
    const merge = merges.get(first.token)?.get(second.token);
    if (merge === undefined) return;
    pairs.add({ left: from, right: to, leftToken: first.token, rightToken: second.token, merge });
  };
  for (let i = 1; i < parts.length; i++) note(i - 1, i);
  for (let pair = pairs.take(); pair !== undefined; pair = pairs.take()) {
    const { left: from, right: to, merge } = pair;
    const [first, second] = [left[from], left[to]];
    const isThere = first?.token === pair.leftToken && second?.token === pair.rightToken && next[from] === to;
    if (!isThere) continue;
    left[from] = { token: merge.token, bytes: first.bytes + second.bytes };
    left[to] = undefined;
    const behind = next[to] ?? parts.length;
    next[from] = behind;
    if (behind < parts.length) before[behind] = from;
    note(before[from] ?? -1, from);
    note(from, behind);
  }
  return left.filter((part) => part !== undefined);
}

/** The pair that comes first is taken first. */
class Heap {
  readonly #pairs: Pair[] = [];

  add(pair: Pair): void {
    const pairs = this.#pairs;
    let at = pairs.push(pair) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = pairs[above] as Pair; // in range
      if (!isBefore(pair, other)) break;
      pairs[at] = other;
      at = above;
    }
    pairs[at] = pair;
  }

  take(): Pair | undefined {
    const pairs = this.#pairs;
    const first = pairs[0];
    const last = pairs.pop();
    if (first === undefined || last === undefined || pairs.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= pairs.length) break;
      const right = pairs[below + 1];
      if (right !== undefined && isBefore(right, pairs[below] as Pair)) below++;
      const other = pairs[below] as Pair; // in range
      if (!isBefore(other, last)) break;
      pairs[at] = other;
      at = below;
    }
    pairs[at] = last;
    return first;
  }
}

function isBefore(a: Pair, b: Pair): boolean {
  return a.merge.rank < b.merge.rank || (a.merge.rank === b.merge.rank && a.left < b.left);
}
