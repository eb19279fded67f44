import { CellCache, type CellCacheOptions } from "./cell-cache.ts";

/** Options of a {@link CausalCache}. */
export type CausalCacheOptions = CellCacheOptions;

/**
 * A cache of everything: each token sees all earlier ones of its sequence.
 *
 * **Ownership:** owns what is stored, until it is disposed.
 *
 * @throws UsageError `CACHE_OPTION`.
 *
 * @example
 * using cache = new CausalCache({ capacity: 8 });
 * const rows = tensor3d([1, 2, 3], [3, 1, 1]);
 * cache.startForward({ positions: [0, 1, 2] });
 * cache.put(rows, rows);
 * const { keys, values, mask } = cache.get();
 * mask.arraySync()[1]; // => [0, 0, -Infinity]
 * String(cache); // => "CausalCache: 3 of 8 cells, history 0..2\n  sequence 0: 3 tokens, positions 0..2, cells 0..2"
 * for (const each of [rows, keys, values, mask]) each.dispose();
 */
export class CausalCache extends CellCache {
  constructor(options: CausalCacheOptions) {
    super(options, { window: Infinity, memory: Infinity, chunk: 0 });
  }
}
