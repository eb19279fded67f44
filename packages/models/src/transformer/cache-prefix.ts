import { atPlace } from "@hookdict/core";
import { concat, gather, tensor, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { cacheDisposed, cacheOption } from "../kv-cache/errors.ts";
import type { AttentionStore, StoredKeysValues } from "./attention-store.ts";
import { cacheAngles, cacheBatchSize, cacheLayer, cacheModel } from "./cache-errors.ts";
import { CrossStore } from "./cross-store.ts";
import type { LayerHistory } from "./layer-caches.ts";
import { extendedRows, type PassMask, passMask } from "./pass-mask.ts";
import { RunState } from "./run-state.ts";

/** A layer's keys and values in the columns that its later queries look back to, of all rows of the cache. */
export interface PrefixLayer extends LayerHistory {
  readonly window: number | undefined;
}

/** What a prefix is made of. */
export interface PrefixSource {
  readonly config: unknown;
  /** Position of every column of every row of the cache; -1 for padding. */
  readonly rows: readonly (readonly number[])[];
  /** By the path of each layer's attention. **Ownership:** *taken*. */
  readonly layers: ReadonlyMap<string, PrefixLayer>;
  readonly anglesOf: (length: number) => string;
  readonly angles: string;
}

/**
 * The first columns of rows that a {@link TransformerCache} stores. Runs go on from them as often as one likes, from any layer on, and
 * store nothing: `model.call(input, { prefix })`.
 *
 * **Ownership:** owns its keys and values, until it is disposed.
 */
export class CachePrefix implements AttentionStore, Disposable {
  readonly cross: CrossStore = new CrossStore();
  readonly #source: PrefixSource;
  /** Of each row that goes on, which row of the cache it is. */
  #chosen: readonly number[] = [];
  #rows: readonly (readonly number[])[] = [];
  #masks = new Map<number | undefined, PassMask>();
  #isDisposed = false;

  /** Made by `TransformerCache.prefix`. */
  constructor(source: PrefixSource, rows: readonly number[]) {
    this.#source = source;
    this.choose(rows);
  }

  /** How many columns there are, padding counted. */
  get length(): number {
    return this.#source.rows[0]?.length ?? 0;
  }

  /** How many rows go on. */
  get batch(): number {
    return this.#chosen.length;
  }

  /**
   * Lets other rows go on, at no cost.
   *
   * @param rows Of each row that will go on, which of the cache's it is; a row may be chosen several times.
   * @throws UsageError `CACHE_OPTION` for a row that there is not.
   */
  choose(rows: readonly number[]): void {
    const { rows: known } = this.#source;
    for (const row of rows)
      if (known[row] === undefined) throw cacheOption("row", `one of the ${known.length} rows`, row);
    this.#chosen = [...rows];
  }

  /** Runs `fn` as a pass over further tokens: what `Transformer` does with a prefix it is given. */
  during<T>(
    model: { readonly config: unknown },
    batch: number,
    pos: number,
    mask: ArrayLike<number> | undefined,
    fn: (run: RunState) => T,
  ): T {
    const { config, anglesOf, angles } = this.#source;
    const earlier = this.#chosen.map((row) => this.#source.rows[row] ?? []);
    if (this.#isDisposed) throw cacheDisposed();
    if (model.config !== config) throw cacheModel("belongs to the model that it was made for");
    if (batch !== this.batch) throw cacheBatchSize(batch, this.batch);
    const [rows, positions] = extendedRows(earlier, batch, pos, mask);
    if (anglesOf(positions.reduce((a, b) => Math.max(a, b), 0) + 1) !== angles)
      throw cacheAngles(this.length, pos);
    const outer = [this.#rows, this.#masks] as const; // a hook may run the model
    this.#rows = rows;
    this.#masks = new Map();
    try {
      const run = new RunState(batch, pos, mask, { positions, store: this });
      return atPlace({ firstPosition: this.length, firstSource: 0 }, () => fn(run));
    } finally {
      [this.#rows, this.#masks] = outer;
    }
  }

  put(layer: string, keys: Tensor, values: Tensor): StoredKeysValues {
    const known = this.#source.layers.get(layer);
    if (known === undefined) throw cacheLayer(layer, this.length);
    const { window } = known;
    const all = (earlier: Tensor, own: Tensor): Tensor => {
      if (earlier.shape[1] === 0) return own;
      return concat([gather(earlier, tensor1d([...this.#chosen], "int32")), own], 1);
    };
    const { values: mask, shape, positions } = this.#maskOf(window, known.keys.shape[1] ?? 0);
    return {
      keys: all(known.keys, keys),
      values: all(known.values, values),
      mask: tensor(mask, shape, "float32"),
      positions,
      firstSource: this.length - (known.keys.shape[1] ?? 0),
    };
  }

  #maskOf(window: number | undefined, columns: number): PassMask {
    const known = this.#masks.get(window);
    if (known !== undefined) return known;
    const first = this.length - columns;
    const end = this.#rows[0]?.length ?? 0;
    const slots = Array.from({ length: end - first }, (_, i) => first + i);
    const made = passMask(this.#rows, this.length, slots, window);
    this.#masks.set(window, made);
    return made;
  }

  /** Frees what is held. Twice is nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const { keys, values } of this.#source.layers.values())
      for (const each of [keys, values]) each.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
