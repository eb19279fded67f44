import { showAsText } from "@hookdict/tensordict";
import { type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import type {
  CacheBatch,
  CachedKeysValues,
  CausalOptions,
  CellRange,
  CellState,
  KeyShift,
  KeyValueCache,
  StartForwardOptions,
} from "./cache.ts";
import { Cells } from "./cells.ts";
import { checkBatch, reserves, checkCount, checkOptions, checkRemoval, checkSequence } from "./checks.ts";
import {
  cacheOption,
  cacheBatch,
  cacheDisposed,
  cacheFull,
  noPass,
  nothingPut,
  shiftUnsupported,
} from "./errors.ts";
import { maskValues, padded } from "./mask.ts";
import { permuteValues } from "./permute.ts";
import { planRemoval, type Removal } from "./removal.ts";
import { shiftKeys } from "./shift.ts";
import { type Reach, slide } from "./slide.ts";
import { LayerStores } from "./stores.ts";
import { describeCells } from "./text.ts";

/** Options of every cache of cells. */
export interface CellCacheOptions {
  /** Most tokens of one sequence. */
  readonly capacity: number;
  /** Most sequences at the same time. Default 1. */
  readonly maxSequences?: number;
  /** Most tokens of one batch. Default: the capacity. */
  readonly maxBatch?: number;
  /** The history that is given begins and ends at multiples of this. Default 1. */
  readonly cachePadding?: number;
  /** Gives values as `[kvHead, vDim, history]`. Default false. */
  readonly permutedValues?: boolean;
  /** Moves keys to other positions; without it, no removal from the middle is possible. */
  readonly shift?: KeyShift;
}

/** The pass that goes on. */
interface Pass {
  readonly positions: readonly number[];
  readonly sequences: readonly number[];
  /** Cell of each token. */
  readonly at: readonly number[];
  readonly history: CellRange;
  except: ReadonlySet<number>;
  mask: Float32Array;
}

/** What the caches of cells share: they differ in their reach. */
export abstract class CellCache implements KeyValueCache {
  static {
    showAsText(this);
  }

  readonly #options: Required<Omit<CellCacheOptions, "shift">>;
  readonly #shift: KeyShift | undefined;
  readonly #reach: Reach;
  readonly #cells: Cells;
  readonly #stores: LayerStores;
  #pass: Pass | undefined;
  #layer = 0;
  #isDisposed = false;

  protected constructor(options: CellCacheOptions, reach: Reach) {
    checkOptions(options, "{ capacity: 128 }");
    const { capacity, maxSequences = 1, maxBatch = capacity, cachePadding = 1 } = options;
    checkCount("capacity", capacity);
    checkCount("maxSequences", maxSequences);
    checkCount("maxBatch", maxBatch);
    // 0 means 1, as it does in the original.
    const padding = cachePadding === 0 ? 1 : cachePadding;
    checkCount("cachePadding", padding);
    const permutedValues = options.permutedValues ?? false;
    this.#options = { capacity, maxSequences, maxBatch, cachePadding: padding, permutedValues };
    this.#shift = options.shift;
    this.#reach = withRoom(reach, capacity, maxSequences);
    const { memory } = this.#reach;
    const cells = memory === Infinity ? maxSequences * capacity : maxSequences * memory + maxBatch;
    const room = Math.ceil(cells / padding) * padding;
    checkCount("capacity times maxSequences", room);
    this.#cells = new Cells(room);
    this.#stores = new LayerStores(this.#cells.size);
  }

  startForward(batch: CacheBatch, options: StartForwardOptions = {}): void {
    this.#check();
    const reserve = reserves(options);
    const { positions, sequences } = checkBatch(batch);
    this.#pass = undefined;
    if (!reserve) slide(this.#cells, this.#reach, { positions, sequences });
    const at = reserve ? positions.map((_, i) => i) : this.#cells.free(positions.length);
    if (at.length < positions.length) throw cacheFull(positions.length, at.length, this.toString());
    if (reserve && at.length > this.#cells.size) {
      throw cacheBatch(`${at.length} tokens in a cache of ${this.#cells.size} cells`);
    }
    if (reserve) this.#cells.current = { min: 0, max: this.#cells.size - 1 };
    else
      for (const [i, index] of at.entries()) this.#cells.store(index, positions[i] ?? 0, sequences[i] ?? 0);
    const history = padded(this.#cells.current, this.#options.cachePadding);
    this.#cells.current = history;
    const except = new Set<number>();
    const mask = maskValues(this.#cells, history, { positions, sequences, except }, this.#reach);
    this.#pass = { positions, sequences, at, history, except, mask };
  }

  setLayer(layer: number): void {
    checkSequence("layer", layer);
    this.#layer = layer;
  }

  put(keys: Tensor, values: Tensor): void {
    this.#stores.put(this.#layer, this.#passFor("put").at, keys, values);
  }

  get(): CachedKeysValues {
    const { history, positions, mask } = this.#passFor("get");
    const length = history.max - history.min + 1;
    const stored = this.#stores.get(this.#layer, history.min, length);
    if (stored === undefined) throw nothingPut(this.#layer);
    const values = this.#options.permutedValues ? permuteValues(stored.values) : stored.values;
    if (values !== stored.values) stored.values.dispose();
    // The values are copied: what is handed out must not change when setCausal makes another mask.
    return { keys: stored.keys, values, mask: tensor2d(mask.slice(), [positions.length, length]) };
  }

  /**
   * Lets some tokens of this pass see later ones of their sequence, as those of an image do; window and chunk still bind
   * them. The next pass begins without any.
   *
   * @throws UsageError `CACHE_BATCH` for an index that the batch has not; LifetimeError `CACHE_NO_PASS`.
   */
  setCausal(options: CausalOptions = {}): void {
    checkOptions(options, "{ except: [0] }");
    const { except = [] } = options;
    if (!Array.isArray(except)) throw cacheOption("except", "a list of indices of tokens", except);
    const pass = this.#passFor("setCausal");
    const bad = except.find((i) => !Number.isInteger(i) || i < 0 || i >= pass.positions.length);
    if (bad !== undefined)
      throw cacheBatch(`${bad} in "except" is no index of its ${pass.positions.length} tokens`);
    pass.except = new Set(except);
    pass.mask = maskValues(this.#cells, pass.history, pass, this.#reach);
  }

  copyPrefix(source: number, destination: number, length: number): void {
    this.#check();
    checkSequence("source", source);
    checkSequence("destination", destination);
    checkSequence("length", length);
    this.#cells.copyPrefix(source, destination, length);
  }

  canResume(sequence: number, position: number): boolean {
    this.#check();
    if (this.#reach.memory === Infinity) return true;
    const extent = this.#cells.extent(sequence);
    if (extent === undefined) return false;
    return Math.max(0, position - this.#reach.window) >= extent.lowest && position <= extent.highest + 1;
  }

  remove(sequence: number, begin: number, end: number = Infinity): void {
    const removal = this.#plan(sequence, begin, end);
    if (removal === undefined) return;
    if (this.#shift !== undefined && removal.moved.size > 0) {
      shiftKeys(this.#stores, this.#shift, {
        cells: new Set(removal.moved.keys()),
        offset: begin - end,
        atOnce: this.#options.maxBatch,
        ...removal.range,
      });
    }
    const isLeft = !isEmpty(removal.range);
    for (const index of removal.dropped) this.#cells.sequences[index]?.delete(sequence);
    for (const [index, position] of removal.moved) this.#cells.positions[index] = position;
    if (isLeft) this.#cells.ranges.set(sequence, removal.range);
    else this.#cells.ranges.delete(sequence);
    this.#cells.dropped.set(sequence, isLeft ? removal.lost : -1);
  }

  checkRemove(sequence: number, begin: number, end: number = Infinity): void {
    this.#plan(sequence, begin, end);
  }

  get state(): CellState {
    return this.#cells.state();
  }

  toString(): string {
    return describeCells(this.constructor.name, this.state);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#pass = undefined;
    this.#stores.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What a removal will do; nothing of a sequence that the cache does not have. */
  #plan(sequence: number, begin: number, end: number): Removal | undefined {
    this.#check();
    checkRemoval(sequence, begin, end);
    if (!this.#cells.ranges.has(sequence)) return undefined;
    const removal = planRemoval(this.#cells, sequence, begin, end, this.#reach.window);
    const isShift = end !== Infinity && !isEmpty(removal.range);
    if (isShift && this.#shift === undefined) throw shiftUnsupported(sequence, begin, end);
    return removal;
  }

  #passFor(method: string): Pass {
    this.#check();
    if (this.#pass === undefined) throw noPass(method);
    return this.#pass;
  }

  #check(): void {
    if (this.#isDisposed) throw cacheDisposed();
  }
}

function isEmpty({ min, max }: CellRange): boolean {
  return min > max;
}

/** With several sequences, one more token stays than the window sees: a stop token that the next prompt will not have. */
function withRoom(reach: Reach, capacity: number, maxSequences: number): Reach {
  if (reach.memory === Infinity) return reach;
  const roomy = maxSequences > 1 ? Math.max(reach.memory, reach.window + 1) : reach.memory;
  const memory = roomy >= capacity ? Infinity : roomy;
  if (memory < reach.window) throw cacheOption("memory", `at least the window of ${reach.window}`, memory);
  return { ...reach, memory };
}
