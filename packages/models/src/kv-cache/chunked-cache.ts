import { CellCache, type CellCacheOptions } from "./cell-cache.ts";
import { checkCount, checkOptions } from "./checks.ts";

/** Options of a {@link ChunkedCache}. */
export interface ChunkedCacheOptions extends CellCacheOptions {
  /** Tokens of a chunk. */
  readonly chunk: number;
}

/**
 * A cache in which a token sees the earlier tokens of its own chunk: positions 0 to `chunk - 1`, and so on. Nothing is
 * forgotten.
 *
 * **Ownership:** owns what is stored, until it is disposed.
 *
 * @throws UsageError `CACHE_OPTION`.
 *
 * @example
 * using cache = new ChunkedCache({ capacity: 8, chunk: 2 });
 * const rows = tensor3d([1, 2, 3], [3, 1, 1]);
 * cache.startForward({ positions: [0, 1, 2] });
 * cache.put(rows, rows);
 * const { keys, values, mask } = cache.get();
 * mask.arraySync()[2]; // => [-Infinity, -Infinity, 0]
 * for (const each of [rows, keys, values, mask]) each.dispose();
 */
export class ChunkedCache extends CellCache {
  constructor(options: ChunkedCacheOptions) {
    checkOptions(options, "{ capacity: 128, chunk: 16 }");
    checkCount("chunk", options.chunk);
    super(options, { window: Infinity, memory: Infinity, chunk: options.chunk });
  }
}
