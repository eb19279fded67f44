import { showAsText } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type {
  CacheBatch,
  CachedKeysValues,
  CacheState,
  CausalOptions,
  KeyValueCache,
  StartForwardOptions,
} from "./cache.ts";
import { CellCache } from "./cell-cache.ts";
import { checkBatch, reserves, checkCache } from "./checks.ts";
import { cacheOption } from "./errors.ts";

/**
 * Several caches for a model whose layers are of several kinds, such as sliding and full ones. Every cache books every
 * token; keys and values go to the one that `setLayerType` chose.
 *
 * **Ownership:** *takes* the caches.
 *
 * @throws UsageError `CACHE_OPTION` without caches.
 *
 * @example
 * using cache = new WrapperCache([
 *   new SlidingWindowCache({ capacity: 100, window: 2, maxBatch: 4 }),
 *   new CausalCache({ capacity: 100 }),
 * ]);
 * cache.startForward({ positions: [0, 1, 2, 3] });
 * cache.setLayerType(1); // the layer that comes now sees everything
 * String(cache.underlyingCache); // => "CausalCache: 4 of 100 cells, history 0..3\n  sequence 0: 4 tokens, positions 0..3, cells 0..3"
 */
export class WrapperCache implements KeyValueCache {
  static {
    showAsText(this);
  }

  readonly #caches: readonly KeyValueCache[];
  #type = 0;

  constructor(caches: readonly KeyValueCache[]) {
    if (!Array.isArray(caches)) throw cacheOption("caches", "a list of caches", caches);
    if (caches.length === 0) throw cacheOption("caches", "a list of at least one", caches);
    caches.forEach((cache, i) => checkCache(`caches[${i}]`, cache));
    this.#caches = [...caches];
  }

  /** The cache of the chosen type. **Ownership:** *borrows* it to you. */
  get underlyingCache(): KeyValueCache {
    return this.#caches[this.#type] as KeyValueCache; // setLayerType checks the index
  }

  /** Chooses the cache that serves the layers that come; a pass begins with 0. @throws UsageError `CACHE_OPTION`. */
  setLayerType(type: number): void {
    if (!Number.isInteger(type) || this.#caches[type] === undefined) {
      throw cacheOption("layer type", `from 0 to ${this.#caches.length - 1}`, type);
    }
    this.#type = type;
  }

  /** Begins a pass in every cache; when one refuses, those before it forget the batch again. */
  startForward(batch: CacheBatch, options: StartForwardOptions = {}): void {
    const { positions, sequences } = checkBatch(batch);
    reserves(options);
    for (const [i, cache] of this.#caches.entries()) {
      try {
        cache.startForward(batch, options);
      } catch (error) {
        if (options.reserve !== true) {
          for (const earlier of this.#caches.slice(0, i).toReversed()) {
            for (const [token, position] of positions.entries()) {
              earlier.remove(sequences[token] ?? 0, position);
            }
          }
        }
        throw error;
      }
    }
    this.#type = 0;
  }

  setLayer(layer: number): void {
    for (const cache of this.#caches) cache.setLayer(layer);
  }

  put(keys: Tensor, values: Tensor): void {
    this.underlyingCache.put(keys, values);
  }

  get(): CachedKeysValues {
    return this.underlyingCache.get();
  }

  /** As {@link CausalCache.setCausal}, of the chosen cache; one of an encoder has no mask, so nothing happens. */
  setCausal(options: CausalOptions): void {
    const chosen = this.underlyingCache;
    if (chosen instanceof CellCache) chosen.setCausal(options);
  }

  copyPrefix(source: number, destination: number, length: number): void {
    for (const cache of this.#caches) cache.copyPrefix(source, destination, length);
  }

  canResume(sequence: number, position: number): boolean {
    return this.#caches.every((cache) => cache.canResume(sequence, position));
  }

  remove(sequence: number, begin: number, end?: number): void {
    this.checkRemove(sequence, begin, end);
    for (const cache of this.#caches) cache.remove(sequence, begin, end);
  }

  checkRemove(sequence: number, begin: number, end?: number): void {
    for (const cache of this.#caches) cache.checkRemove(sequence, begin, end);
  }

  get state(): readonly CacheState[] {
    return this.#caches.map((cache) => cache.state);
  }

  toString(): string {
    const children = this.#caches.map((cache) => String(cache).replace(/^/gm, "  "));
    return [`WrapperCache of ${this.#caches.length}, type ${this.#type} chosen`, ...children].join("\n");
  }

  dispose(): void {
    for (const cache of this.#caches) cache.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
