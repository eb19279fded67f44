import { type Cells, EMPTY_RANGE, extend } from "./cells.ts";
import { shiftShared, windowLost } from "./errors.ts";
import type { CellRange } from "./cache.ts";

/** What a removal will do, once nothing stands against it. */
export interface Removal {
  readonly dropped: readonly number[];
  /** New position of each cell that moves. */
  readonly moved: ReadonlyMap<number, number>;
  /** Cells of the sequence afterwards. */
  readonly range: CellRange;
}

/**
 * Works out what a removal does, and changes nothing.
 *
 * @throws CacheError `CACHE_SHIFT_SHARED`, `CACHE_WINDOW_LOST`.
 */
export function planRemoval(
  cells: Cells,
  sequence: number,
  begin: number,
  end: number,
  window: number,
): Removal {
  const dropped: number[] = [];
  const moved = new Map<number, number>();
  let range = EMPTY_RANGE;
  for (const index of cells.of(sequence)) {
    const position = cells.positionOf(index);
    if (position >= begin && position < end) {
      dropped.push(index);
      continue;
    }
    if (position >= end) {
      const others = [...(cells.sequences[index] ?? [])].filter((each) => each !== sequence);
      if (others.length > 0) throw shiftShared(sequence, others, position);
      moved.set(index, position + begin - end);
    }
    range = extend(range, index);
  }
  if (moved.size > 0) checkWindow(cells, sequence, { dropped, moved, range }, window);
  return { dropped, moved, range };
}

/** What the sequence's next token will see must not have been forgotten. */
function checkWindow(cells: Cells, sequence: number, { dropped, moved }: Removal, window: number): void {
  if (window === Infinity) return;
  const gone = new Set(dropped);
  const kept = cells.of(sequence).filter((index) => !gone.has(index));
  const stored = new Set(kept.map((index) => moved.get(index) ?? cells.positionOf(index)));
  const positions = [...stored];
  const next = positions.reduce((a, b) => Math.max(a, b)) + 1;
  for (let needed = next - 1; needed >= Math.max(0, next - window); needed--) {
    if (!stored.has(needed)) {
      throw windowLost(
        sequence,
        needed,
        positions.reduce((a, b) => Math.min(a, b)),
      );
    }
  }
}
