import { CellCache, type CellCacheOptions } from "./cell-cache.ts";
import { checkOptions, checkReach } from "./checks.ts";

/** Options of a {@link SlidingWindowCache}. */
export interface SlidingWindowCacheOptions extends CellCacheOptions {
  /**
   * Earlier tokens that a token sees besides itself, `Infinity` for all. Hugging Face's `sliding_window` counts the token as
   * well: one more.
   */
  readonly window: number;
  /**
   * Earlier tokens that stay stored, so that a sequence can go on from further back: no fewer than the window. With several
   * sequences, at least one more than the window; `Infinity`, or the capacity, keeps everything. Default: the window.
   */
  readonly memory?: number;
}

/**
 * A cache in which a token sees the last `window` tokens and itself, and which forgets what no token will see.
 *
 * **Ownership:** owns what is stored, until it is disposed.
 *
 * @throws UsageError `CACHE_OPTION`.
 *
 * @example
 * using cache = new SlidingWindowCache({ capacity: 100, window: 1, maxBatch: 4 });
 * cache.startForward({ positions: [0, 1, 2, 3] });
 * cache.startForward({ positions: [4] }); // 0 to 2 are forgotten
 * cache.state.cells.map((cell) => cell.position); // => [4, 3]
 * cache.canResume(0, 2); // => false
 */
export class SlidingWindowCache extends CellCache {
  constructor(options: SlidingWindowCacheOptions) {
    checkOptions(options, "{ capacity: 128, window: 16 }");
    const { window, memory = window } = options;
    checkReach("window", window);
    checkReach("memory", memory);
    super(options, { window, memory, chunk: 0 });
  }
}
