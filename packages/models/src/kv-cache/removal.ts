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
  /** Highest position that a window has dropped, counted afterwards; -1 where there is none. */
  readonly lost: number;
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
  // What a window has dropped moves as what is stored does.
  const before = cells.droppedOf(sequence);
  const lost = before >= end ? before + begin - end : Math.min(before, begin - 1);
  const removal = { dropped, moved, range, lost };
  if (moved.size > 0) checkWindow(cells, sequence, removal, window);
  return removal;
}

/** What the sequence's next token will see must not have been dropped. */
function checkWindow(
  cells: Cells,
  sequence: number,
  { dropped, moved, lost }: Removal,
  window: number,
): void {
  const gone = new Set(dropped);
  const kept = cells.of(sequence).filter((index) => !gone.has(index));
  const positions = kept.map((index) => moved.get(index) ?? cells.positionOf(index));
  const next = positions.reduce((a, b) => Math.max(a, b)) + 1;
  if (lost < 0 || lost < next - window) return;
  throw windowLost(
    sequence,
    lost,
    positions.reduce((a, b) => Math.min(a, b)),
  );
}
