import { type Cells, EMPTY_RANGE, cover, extend } from "./cells.ts";

/** How far a cache looks back, and how far it remembers. */
export interface Reach {
  /** Earlier tokens that a token sees. */
  readonly window: number;
  /** Earlier tokens that stay stored, at least as many. */
  readonly memory: number;
  /** Tokens of a chunk, of which one sees no other; 0 where there are none. */
  readonly chunk: number;
}

/** Drops what no token of this batch, or of a later one, can see; and finds out what this batch's history is. */
export function slide(
  cells: Cells,
  reach: Reach,
  batch: { positions: readonly number[]; sequences: readonly number[] },
): void {
  cells.current = EMPTY_RANGE;
  if (reach.memory === Infinity) {
    for (const sequence of batch.sequences) cells.current = cover(cells.current, cells.rangeOf(sequence));
    return;
  }
  const lowest = new Map<number, number>();
  for (const [i, sequence] of batch.sequences.entries()) {
    lowest.set(sequence, Math.min(lowest.get(sequence) ?? Infinity, batch.positions[i] ?? 0));
  }
  for (const sequence of cells.ranges.keys()) {
    const inBatch = lowest.get(sequence);
    // A sequence that is not in the batch goes on behind its last token.
    const from = inBatch ?? (cells.extent(sequence)?.highest ?? 0) + 1;
    let range = EMPTY_RANGE;
    for (const index of cells.of(sequence)) {
      const position = cells.positionOf(index);
      if (position < from - reach.memory) cells.drop(index, sequence);
      else range = extend(range, index);
      if (inBatch !== undefined && position >= from - reach.window) {
        cells.current = extend(cells.current, index);
      }
    }
    cells.ranges.set(sequence, range);
  }
}
