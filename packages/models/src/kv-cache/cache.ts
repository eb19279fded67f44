import type { Tensor } from "@tensorflow/tfjs-core";

/** The tokens of one pass through a model, as a cache sees them. */
export interface CacheBatch {
  /** Position of each token in its sequence, from 0 on. */
  readonly positions: readonly number[];
  /** Sequence of each token. All of sequence 0 when not given. */
  readonly sequences?: readonly number[];
  /** Indices of the tokens that stand for something else than text, such as an image. */
  readonly multimodal?: readonly number[];
}

/** Options of {@link KeyValueCache.startForward}. */
export interface StartForwardOptions {
  /** A pass that only finds out how much memory is needed: nothing is booked, and all cells are given. Default false. */
  readonly reserve?: boolean;
}

/**
 * Keys and values that a layer attends to. Cells come in the order of storage, not of positions: attend through the
 * mask.
 */
export interface CachedKeysValues {
  /** `[history, kvHead, kDim]`. */
  readonly keys: Tensor;
  /** `[history, kvHead, vDim]`; `[kvHead, vDim, history]` with permuted values. */
  readonly values: Tensor;
  /** `[batch, history]`: 0 where the batch's token sees the cell, -Infinity elsewhere. `null`: everything is seen. */
  readonly mask: Tensor | null;
}

/** Which tokens of the batch may look ahead. */
export interface CausalOptions {
  /** Indices in the batch, not positions. */
  readonly except?: readonly number[];
}

/**
 * Turns keys at their old positions into keys at their new ones, such as by rotating on.
 *
 * **Ownership:** *borrows* `keys`; *returns owned*.
 *
 * @param layer The layer whose keys they are.
 * @param keys `[cells, kvHead, kDim]`.
 * @param offsets How far each cell's position moves: `[cells]`, 0 for cells that stay.
 */
export type KeyShift = (layer: number, keys: Tensor, offsets: readonly number[]) => Tensor;

/** A stretch of cells, both ends included. An empty one has `min: Infinity`. */
export interface CellRange {
  readonly min: number;
  readonly max: number;
}

/** What a cache of cells holds, as plain data. */
export interface CellState {
  /** Number of cells. */
  readonly size: number;
  /** Occupied cells, in order. */
  readonly cells: readonly {
    readonly index: number;
    readonly position: number;
    readonly sequences: readonly number[];
  }[];
  /** The cells between which each sequence lies; others may lie there, too. */
  readonly ranges: ReadonlyMap<number, CellRange>;
  /** The history of this pass. */
  readonly current: CellRange;
}

/** What an {@link EncoderCache} holds, as plain data. */
export interface EncoderState {
  readonly cached: boolean;
  readonly position: number;
}

/** What a cache holds, as plain data: of a {@link WrapperCache}, what each of its caches does. */
export type CacheState = CellState | EncoderState | readonly CacheState[];

/**
 * Keys and values of earlier passes, for the layers of a model.
 *
 * One pass is `startForward`, and for each layer `setLayer`, `put`, `get`. What tokens see of each other is bookkeeping
 * that all layers share; keys and values belong to a layer.
 */
export interface KeyValueCache {
  /**
   * Begins a pass: finds a cell for each token.
   *
   * @throws CacheError `CACHE_FULL`: then nothing is stored; UsageError `CACHE_BATCH`.
   */
  startForward(batch: CacheBatch, options?: StartForwardOptions): void;
  /** Chooses the layer that `put` and `get` mean. */
  setLayer(layer: number): void;
  /**
   * Stores keys and values of the pass's tokens. **Ownership:** *borrows* them.
   *
   * @param keys `[batch, kvHead, kDim]`.
   * @param values `[batch, kvHead, vDim]`.
   * @throws ShapeError `CACHE_ROWS`; LifetimeError `CACHE_NO_PASS`.
   */
  put(keys: Tensor, values: Tensor): void;
  /**
   * What the layer's tokens attend to, those of this pass included: a snapshot that later passes do not change.
   *
   * **Ownership:** *returns owned*.
   *
   * @throws UsageError `CACHE_NOTHING_PUT`; LifetimeError `CACHE_NO_PASS`.
   */
  get(): CachedKeysValues;
  /**
   * Makes `destination` begin as `source` does, without copying data; what it held before is dropped. A sequence copied to
   * itself stays as it is.
   */
  copyPrefix(source: number, destination: number, length: number): void;
  /** Whether the sequence can go on at a position: everything that it needs is still here. */
  canResume(sequence: number, position: number): boolean;
  /**
   * Forgets positions `begin` up to, not including, `end`; later ones move down. Without `end` it forgets everything from
   * `begin` on, which never fails. What fails changes nothing.
   *
   * @throws CacheError `CACHE_SHIFT_UNSUPPORTED`, `CACHE_SHIFT_SHARED`, `CACHE_WINDOW_LOST`.
   */
  remove(sequence: number, begin: number, end?: number): void;
  /** Throws what `remove` would, and changes nothing. Only what a shift function throws shows later. */
  checkRemove(sequence: number, begin: number, end?: number): void;
  /** What the cache holds, as plain data. */
  readonly state: CacheState;
  /** The same on one screen. */
  toString(): string;
  /** Frees what is stored. Twice is nothing. */
  dispose(): void;
  [Symbol.dispose](): void;
}
