import { checkArgument, showAsText } from "@hookdict/tensordict";
import { clone, keep, type Tensor } from "@tensorflow/tfjs-core";
import type {
  CacheBatch,
  CachedKeysValues,
  EncoderState,
  KeyValueCache,
  StartForwardOptions,
} from "./cache.ts";
import { checkBatch, reserves, checkRemoval, checkSequence } from "./checks.ts";
import { cacheDisposed, cacheRows, encoderUnsupported, noPass, nothingPut } from "./errors.ts";
import { permuteValues } from "./permute.ts";

/** Options of an {@link EncoderCache}. */
export interface EncoderCacheOptions {
  /** Must be 1: what an encoder says belongs to one sequence. Default 1. */
  readonly maxSequences?: number;
  /** Must be 1: what is put comes back as it is. Default 1. */
  readonly cachePadding?: number;
  /** Gives values of `[history, kvHead, vDim]` as `[kvHead, vDim, history]`. Default false. */
  readonly permutedValues?: boolean;
}

/** Keys and values of one layer. */
interface Stored {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * A cache of what cross-attention attends to: keys and values that an encoder made once, for one sequence. They have any
 * length, and come back as they were put, without a mask.
 *
 * **Ownership:** owns what is stored, until it is disposed.
 *
 * @throws UsageError `CACHE_ENCODER` for several sequences, or padding.
 *
 * @example
 * using cache = new EncoderCache();
 * const rows = tensor3d([1, 2], [2, 1, 1]);
 * cache.startForward({ positions: [4, 5, 6], multimodal: [1] });
 * cache.put(rows, rows);
 * cache.encoderCached; // => true
 * cache.remove(0, 5); // the image stood at position 5
 * cache.encoderCached; // => false
 * rows.dispose();
 */
export class EncoderCache implements KeyValueCache {
  static {
    showAsText(this);
  }

  readonly #isPermuted: boolean;
  readonly #layers = new Map<number, Stored>();
  #layer = 0;
  #position = 0;
  #pass: { readonly position: number; readonly isReserve: boolean } | undefined;
  #storedAt = 0;
  #isCached = false;
  #isDisposed = false;

  constructor(options: EncoderCacheOptions = {}) {
    checkArgument("EncoderCache", "options", options, "a record");
    const { maxSequences = 1, cachePadding = 1, permutedValues = false } = options;
    if (maxSequences !== 1) throw encoderUnsupported(`holds one sequence, not ${maxSequences}`);
    if (cachePadding !== 1 && cachePadding !== 0)
      throw encoderUnsupported(`cannot pad its history to multiples of ${cachePadding}`);
    this.#isPermuted = permutedValues;
  }

  /** Whether the layers can attend to what is stored; otherwise the encoder must run. */
  get encoderCached(): boolean {
    return this.#isCached;
  }

  startForward(batch: CacheBatch, options: StartForwardOptions = {}): void {
    this.#check();
    const reserve = reserves(options);
    const { positions, multimodal } = checkBatch(batch);
    const last = multimodal.at(-1);
    if (last !== undefined) this.#position = positions[last] ?? 0;
    this.#pass = { position: this.#position, isReserve: reserve };
  }

  setLayer(layer: number): void {
    checkSequence("layer", layer);
    this.#layer = layer;
  }

  put(keys: Tensor, values: Tensor): void {
    const { position, isReserve } = this.#passFor("put");
    const old = this.#layers.get(this.#layer);
    if (old !== undefined) {
      checkSame(this.#layer, "keys", keys, old.keys);
      checkSame(this.#layer, "values", values, old.values);
    }
    this.#layers.set(this.#layer, { keys: keep(clone(keys)), values: keep(clone(values)) });
    old?.keys.dispose();
    old?.values.dispose();
    if (isReserve) return;
    this.#storedAt = position;
    this.#isCached = true;
  }

  get(): CachedKeysValues {
    this.#passFor("get");
    const stored = this.#layers.get(this.#layer);
    if (stored === undefined) throw nothingPut(this.#layer);
    const { keys, values } = stored;
    const turned = this.#isPermuted ? permuteValues(values) : clone(values);
    return { keys: clone(keys), values: turned, mask: null };
  }

  /** @throws UsageError `CACHE_ENCODER`, always, but for a sequence that is copied to itself. */
  copyPrefix(source: number, destination: number): void {
    this.#check();
    if (source !== destination) throw encoderUnsupported("holds one sequence, so there is none to copy to");
  }

  canResume(): boolean {
    this.#check();
    return true;
  }

  /** Where the removal covers the stored position, the encoder must run again; what is stored stays until it has. */
  remove(sequence: number, begin: number, end: number = Infinity): void {
    this.checkRemove(sequence, begin, end);
    if (begin <= this.#storedAt && this.#storedAt < end) this.#isCached = false;
  }

  checkRemove(sequence: number, begin: number, end: number = Infinity): void {
    this.#check();
    checkRemoval(sequence, begin, end);
  }

  get state(): EncoderState {
    return { cached: this.#isCached, position: this.#storedAt };
  }

  toString(): string {
    const what = this.#isCached ? `stored at position ${this.#storedAt}` : "nothing that can be attended to";
    return `EncoderCache: ${what}, ${this.#layers.size} layer${this.#layers.size === 1 ? "" : "s"}`;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#pass = undefined;
    for (const { keys, values } of this.#layers.values()) {
      keys.dispose();
      values.dispose();
    }
    this.#layers.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #passFor(method: string): { readonly position: number; readonly isReserve: boolean } {
    this.#check();
    if (this.#pass === undefined) throw noPass(method);
    return this.#pass;
  }

  #check(): void {
    if (this.#isDisposed) throw cacheDisposed();
  }
}

function checkSame(layer: number, name: "keys" | "values", rows: Tensor, stored: Tensor): void {
  if (rows.shape.join() === stored.shape.join()) return;
  throw cacheRows(layer, name, `[${stored.shape.join(", ")}], as before`, rows);
}
