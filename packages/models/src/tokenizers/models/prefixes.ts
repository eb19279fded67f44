/** Tokens that lie next to each other in their order: those that begin alike. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Tokens by what they begin with, to find all that a text has at a place in steps that are no more than the longest of
 * them has units, however many and long the others are. Only their order is kept beside them.
 */
export class Prefixes {
  readonly #sorted: readonly string[];
  readonly #byFirst = new Map<number, Range>();
  readonly all: Range;

  constructor(tokens: Iterable<string>) {
    this.#sorted = [...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1)); // by units, as they are compared
    this.all = { from: 0, to: this.#sorted.length };
    for (let from = this.#sorted[0] === "" ? 1 : 0; from < this.all.to;) {
      const first = this.#unit(from, 0);
      const to = this.#bound(from, this.all.to, 0, first + 1);
      this.#byFirst.set(first, { from, to });
      from = to;
    }
  }

  /** Calls with the end of each token that the text has at a place, shortest first. `within` begins with `given` units. */
  each(text: string, start: number, found: (end: number) => void, within: Range = this.all, given = 0): void {
    let { from, to } = within;
    for (let at = start; at < text.length; at++) {
      const depth = given + at - start;
      [from, to] = this.#narrow(from, to, depth, text.charCodeAt(at));
      if (from >= to) return;
      if (this.#sorted[from]?.length === depth + 1) found(at + 1); // the shortest stands first
    }
  }

  /** The tokens that begin with a text. */
  beginning(prefix: string): Range {
    let { from, to } = this.all;
    for (let depth = 0; depth < prefix.length && from < to; depth++)
      [from, to] = this.#narrow(from, to, depth, prefix.charCodeAt(depth));
    return { from, to };
  }

  #narrow(from: number, to: number, depth: number, unit: number): [number, number] {
    if (depth === 0) {
      const range = this.#byFirst.get(unit);
      return range === undefined ? [0, 0] : [range.from, range.to];
    }
    const start = this.#bound(from, to, depth, unit);
    return [start, this.#bound(start, to, depth, unit + 1)];
  }

  /** The first whose unit at a place is `unit` or more; those that end before it stand first. */
  #bound(from: number, to: number, depth: number, unit: number): number {
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#unit(middle, depth) < unit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #unit(index: number, depth: number): number {
    const token = this.#sorted[index] ?? "";
    return depth < token.length ? token.charCodeAt(depth) : -1;
  }
}
