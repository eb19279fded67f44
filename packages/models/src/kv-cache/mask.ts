import type { CellRange } from "./cache.ts";
import type { Cells } from "./cells.ts";
import type { Reach } from "./slide.ts";

/** The tokens of a pass. */
export interface MaskBatch {
  readonly positions: readonly number[];
  readonly sequences: readonly number[];
  /** Indices of tokens that may look ahead. */
  readonly except: ReadonlySet<number>;
}

/**
 * What each token of the batch may attend to, row by row, `[batch, history]`: 0 for what it sees, -Infinity elsewhere.
 *
 * A token sees a cell that its sequence holds, if the cell's position is not later, and lies neither before the window
 * nor before the token's chunk.
 */
export function maskValues(cells: Cells, history: CellRange, batch: MaskBatch, reach: Reach): Float32Array {
  const width = history.max - history.min + 1;
  const values = new Float32Array(batch.positions.length * width).fill(-Infinity);
  for (const [i, position] of batch.positions.entries()) {
    const sequence = batch.sequences[i] ?? 0;
    const highest = batch.except.has(i) ? Infinity : position;
    const chunkStart = reach.chunk > 0 ? position - (position % reach.chunk) : 0;
    const low = Math.max(position - reach.window, chunkStart);
    for (let index = history.min; index <= history.max; index++) {
      const at = cells.positionOf(index);
      if (cells.has(index, sequence) && at <= highest && at >= low)
        values[i * width + index - history.min] = 0;
    }
  }
  return values;
}

/** The history, widened until it begins and ends at multiples of `padding`. */
export function padded(range: CellRange, padding: number): CellRange {
  const min = Math.floor(range.min / padding) * padding;
  return { min, max: Math.ceil((range.max + 1) / padding) * padding - 1 };
}
