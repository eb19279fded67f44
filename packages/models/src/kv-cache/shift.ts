import type { Tensor } from "@tensorflow/tfjs-core";
import type { KeyShift } from "./cache.ts";
import { cacheRows } from "./errors.ts";
import type { LayerStores } from "./stores.ts";

/** Keys that will replace others, from a cell on. */
interface ShiftedKeys {
  readonly layer: number;
  readonly begin: number;
  readonly keys: Tensor;
}

/** Cells whose keys move, and how far. */
export interface Moves {
  /** Cells that move. */
  readonly cells: ReadonlySet<number>;
  readonly offset: number;
  /** At most so many cells are handed to the shift function at once. */
  readonly atOnce: number;
  /** The stretch in which the sequence lies. */
  readonly min: number;
  readonly max: number;
}

/**
 * Moves keys of every layer; all of them, or, when the shift function throws, none.
 *
 * Values hold no position, so they stay.
 */
export function shiftKeys(stores: LayerStores, shift: KeyShift, moves: Moves): void {
  const made: ShiftedKeys[] = [];
  try {
    for (const [begin, end] of windows(moves)) {
      const offsets = Array.from({ length: end - begin + 1 }, (_, i) =>
        moves.cells.has(begin + i) ? moves.offset : 0,
      );
      for (const layer of stores.layers()) {
        made.push({ layer, begin, keys: shifted(stores, shift, layer, begin, offsets) });
      }
    }
    for (const { layer, begin, keys } of made) stores.setKeys(layer, begin, keys);
  } finally {
    for (const { keys } of made) keys.dispose();
  }
}

function shifted(
  stores: LayerStores,
  shift: KeyShift,
  layer: number,
  begin: number,
  offsets: readonly number[],
): Tensor {
  const keys = stores.keysOf(layer, begin, offsets.length);
  let result: Tensor | undefined;
  try {
    result = shift(layer, keys, offsets);
  } finally {
    if (result !== keys) keys.dispose();
  }
  const fits = result.dtype === keys.dtype && result.shape.join() === keys.shape.join();
  if (fits) return result;
  result.dispose();
  throw cacheRows(layer, "keys", `[${keys.shape.join(", ")}] after the shift function`, result);
}

/** Stretches of cells that hold moving ones, each cut to its first and last. */
function windows({ cells, atOnce, min, max }: Moves): [number, number][] {
  const found: [number, number][] = [];
  for (let start = min; start <= max; start += atOnce) {
    const stop = Math.min(start + atOnce - 1, max);
    const inside = [...cells].filter((index) => index >= start && index <= stop);
    if (inside.length === 0) continue;
    found.push([Math.min(...inside), Math.max(...inside)]);
  }
  return found;
}
