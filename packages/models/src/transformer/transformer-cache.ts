import { counted, showAsText } from "@hookdict/tensordict";
import { atPlace } from "@hookdict/core";
import { checkArgument } from "@hookdict/tensordict";
import { isTaping } from "@hookdict/tensordict/tensors";
import { tensor, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { cacheDisposed, cacheOption } from "../kv-cache/errors.ts";
import { hasFused } from "../ops/fused.ts";
import type { AttentionStore, StoredKeysValues, StoreRoom } from "./attention-store.ts";
import { cacheAngles, cacheBatchSize, cacheGradients, cacheLayer, cacheModel } from "./cache-errors.ts";
import type { BlockConfig, EncoderDecoderConfig, RotaryConfig, TransformerConfig } from "./config.ts";
import { CrossStore } from "./cross-store.ts";
import { CachePrefix, type PrefixLayer } from "./cache-prefix.ts";
import { LayerCaches } from "./layer-caches.ts";
import { extendedRows, type PassMask, passMask } from "./pass-mask.ts";
import { anglesKey } from "./rotary.ts";
import { RunState } from "./run-state.ts";
import type { StepCache } from "./step-cache.ts";

/** A model that has a decoder. */
export interface DecoderModel {
  readonly config: TransformerConfig | EncoderDecoderConfig;
}

/**
 * Keys and values of what a decoder has computed, so that it need compute each token once:
 * `model.withCache(cache, () => model.call(tokens))` computes the given tokens alone, at the positions that follow.
 *
 * The rows of a batch stay side by side, padded where the first call's mask says so. A decoder with an encoder keeps what it
 * attends to there, too: the first call runs the encoder, later ones do not. Keys are stored as hooks left them,
 * turned by their absolute positions. Layers with a window forget what no query will see. A run that throws leaves the cache as it was.
 *
 * **Ownership:** *borrows* the model's config; owns what is stored, until it is disposed.
 *
 * @throws UsageError `CACHE_MODEL`; from runs `CACHE_MODEL`, `CACHE_ANGLES`, `CACHE_GRADIENTS`, `CACHE_LAYER`, ShapeError
 * `CACHE_BATCH_SIZE`, LifetimeError `CACHE_DISPOSED`.
 * @example no-run
 * using model = await loadModel("./llama");
 * using cache = new TransformerCache(model);
 * const first = model.withCache(cache, () => model.call(prompt)); // [batch, prompt, dVocab]
 * const second = model.withCache(cache, () => model.call(next)); // next [batch, 1]: [batch, 1, dVocab]
 */
export class TransformerCache implements AttentionStore, StepCache {
  static {
    showAsText(
      this,
      ({ batch, length }) => `TransformerCache of ${counted(batch, "row")}, ${counted(length, "column")}`,
    );
  }

  readonly cross: CrossStore = new CrossStore();
  readonly #config: DecoderModel["config"];
  readonly #rotaries: readonly RotaryConfig[];
  #kinds: readonly LayerCaches[] = [];
  readonly #windows = new Map<string, number | undefined>();
  /** Position of every column of every row; -1 for padding. */
  #rows: readonly (readonly number[])[] = [];
  #begin = 0;
  #angles = "";
  #masks = new Map<LayerCaches, PassMask>();
  /** The pass under way. */
  #run: RunState | undefined;
  #isDisposed = false;

  /** @param model The decoder that the cache is for: a `Transformer`, or an `EncoderDecoder`. */
  constructor(model: DecoderModel) {
    const config = (model as typeof model | undefined)?.config; // plain JavaScript may give anything
    const [path, blocks] = decoderOf(config);
    this.#config = config as DecoderModel["config"]; // it has blocks
    this.#rotaries = blocks.flatMap(({ attention }) => attention.rotary ?? []);
    for (const [i, { attention }] of blocks.entries())
      this.#windows.set(`${path}.${i}.attn`, attention.window);
  }

  /** How many columns are stored, padding counted. */
  get length(): number {
    return this.#rows[0]?.length ?? 0;
  }

  /** How many rows are stored; 0 before the first run. */
  get batch(): number {
    return this.#rows.length;
  }

  /**
   * Whether a run over `pos` more tokens of each row may go on from what is stored. With dynamic and longrope scaling,
   * angles of all positions change with the length of the row: then everything must be computed again.
   */
  canExtend(pos: number): boolean {
    if (this.length === 0 || this.#rotaries.length === 0) return true;
    return anglesKey(this.#rotaries, this.#longest() + pos) === this.#angles;
  }

  /**
   * Chooses among the rows: row `i` becomes what row `rows[i]` was, such as for beams. A row may be chosen several times.
   *
   * @throws UsageError `CACHE_OPTION` for a row that there is not; LifetimeError `CACHE_DISPOSED`.
   */
  select(rows: readonly number[]): void {
    this.#check();
    checkArgument("TransformerCache.select", "rows", rows, "a list of finite numbers");
    for (const row of rows) this.#checkRow(row);
    if (rows.length === this.batch && rows.every((row, i) => row === i)) return;
    for (const kind of this.#kinds) kind.select(rows);
    this.cross.select(rows);
    this.#rows = rows.map((row) => this.#rows[row] ?? []);
  }

  /**
   * The first columns of some rows, for runs that go on from them and store nothing. What the cache does later does not change them.
   *
   * **Ownership:** *returns owned*.
   *
   * @param columns How many, from 0 to `length`.
   * @param rows Of each row that will go on, which of the cache's it is; a row may be chosen several times.
   * @throws UsageError `CACHE_OPTION`, `CACHE_LAYER` where a window forgot some; LifetimeError `CACHE_DISPOSED`.
   * @example no-run
   * model.withCache(cache, () => model.call(prompt)).dispose();
   * using prefix = cache.prefix(3, [0, 0]);
   * const logits = model.call(streams, { prefix, startAtLayer: 1 }); // streams [2, pos, dModel], from position 3 on
   */
  prefix(columns: number, rows: readonly number[]): CachePrefix {
    this.#check();
    if (!Number.isInteger(columns) || columns < 0 || columns > this.length)
      throw cacheOption("columns", `a whole number from 0 to ${this.length}`, columns);
    for (const row of rows) this.#checkRow(row);
    const layers = new Map<string, PrefixLayer>();
    try {
      for (const kind of this.#kinds)
        for (const [layer, history] of kind.prefixes(columns))
          layers.set(layer, { ...history, window: kind.window });
      const source = {
        config: this.#config,
        rows: this.#rows.map((row) => row.slice(0, columns)),
        layers,
        anglesOf: (length: number) => anglesKey(this.#rotaries, length),
        angles: this.#angles,
      };
      return new CachePrefix(source, rows);
    } catch (error) {
      for (const { keys, values } of layers.values()) for (const each of [keys, values]) each.dispose();
      throw error;
    }
  }

  /** Forgets everything. */
  clear(): void {
    for (const kind of this.#kinds) kind.dispose();
    this.#kinds = [];
    this.cross.clear();
    this.#rows = [];
  }

  /**
   * Runs `fn` as a pass over new tokens: what {@link Transformer} does with a cache it is given. When `fn` throws, what
   * it stored is forgotten.
   *
   * @param source An encoder's run, where there is one.
   */
  during<T>(
    model: DecoderModel,
    batch: number,
    pos: number,
    mask: ArrayLike<number> | undefined,
    fn: (run: RunState) => T,
    source?: RunState,
  ): T {
    this.#check();
    if (model.config !== this.#config) throw cacheModel("belongs to the model that it was made for");
    if (isTaping()) throw cacheGradients();
    if (this.batch > 0 && batch !== this.batch) throw cacheBatchSize(batch, this.batch);
    const earlier = this.#rows;
    const [rows, positions] = extendedRows(this.#rows, batch, pos, mask);
    const angles = anglesKey(this.#rotaries, positions.reduce((a, b) => Math.max(a, b), 0) + 1);
    if (this.length > 0 && angles !== this.#angles) throw cacheAngles(this.length, pos);
    const begin = this.length;
    if (begin === 0) {
      this.clear();
      this.#kinds = this.#freshKinds();
    }
    try {
      this.#rows = rows;
      this.#begin = begin;
      this.#angles = angles;
      for (const kind of this.#kinds) kind.begin(begin, begin + pos);
      this.#masks = new Map();
      const run = new RunState(batch, pos, mask, {
        positions,
        store: this,
        ...(source !== undefined && { source }),
      });
      this.#run = run;
      return atPlace({ firstPosition: begin, firstSource: 0 }, () => fn(run));
    } catch (error) {
      this.#rows = earlier;
      if (begin === 0) this.clear();
      for (const kind of this.#kinds) kind.forget(begin);
      throw error;
    } finally {
      this.#run = undefined;
    }
  }

  put(layer: string, keys: Tensor, values: Tensor): StoredKeysValues {
    const kind = this.#kindOf(layer);
    if (kind.storedOf(layer) < this.#begin) throw cacheLayer(layer, this.#begin);
    return { ...kind.put(layer, keys, values), ...this.#seenOf(kind) };
  }

  room(layer: string): StoreRoom | undefined {
    if (!hasFused("HookdictAttend") || !this.#windows.has(layer) || this.#kinds.length === 0)
      return undefined;
    const kind = this.#kindOf(layer);
    const room = this.#maskOf(kind).shape.length === 2 ? kind.room(layer) : undefined; // not where rows are padded
    if (room === undefined) return undefined;
    const { column, ...history } = room;
    const at = this.#once(`column ${column}`, () => tensor1d([column], "int32"));
    return { ...history, ...this.#seenOf(kind), at };
  }

  /** Frees what is stored. Twice is nothing. */
  dispose(): void {
    this.clear();
    this.#isDisposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #longest(): number {
    return this.#rows.flat().reduce((most, each) => Math.max(most, each), -1) + 1;
  }

  #freshKinds(): readonly LayerCaches[] {
    return [...new Set(this.#windows.values())].map((window) => new LayerCaches(window));
  }

  #kindOf(layer: string): LayerCaches {
    const window = this.#windows.get(layer);
    return this.#kinds.find((each) => each.window === window) as LayerCaches; // one for every window
  }

  /** What the pass's queries see of a layer's columns. */
  #seenOf(kind: LayerCaches): Pick<StoredKeysValues, "mask" | "positions" | "firstSource"> {
    const { values, shape, positions } = this.#maskOf(kind);
    const mask = this.#once(`seen ${kind.window ?? ""}`, () => tensor(values, shape, "float32"));
    return { mask, positions, firstSource: kind.first };
  }

  /** A tensor of the pass, for all its layers. */
  #once(key: string, make: () => Tensor): Tensor {
    return this.#run?.once(key, make) ?? make();
  }

  #maskOf(kind: LayerCaches): PassMask {
    const known = this.#masks.get(kind);
    if (known !== undefined) return known;
    const made = passMask(this.#rows, this.#begin, kind.slots, kind.window);
    this.#masks.set(kind, made);
    return made;
  }

  #checkRow(row: number): void {
    if (this.#rows[row] === undefined) throw cacheOption("row", `one of the ${this.batch} rows`, row);
  }

  #check(): void {
    if (this.#isDisposed) throw cacheDisposed();
  }
}

/** The path of a decoder's layers, and the layers. @throws UsageError `CACHE_MODEL` */
function decoderOf(config: DecoderModel["config"] | undefined): readonly [string, readonly BlockConfig[]] {
  if (config !== undefined && "decoder" in config) return ["decoder", config.decoder];
  if (!Array.isArray(config?.blocks)) throw cacheModel("is made for a model, and was given none");
  if (!config.isCausal) throw cacheModel(`is for decoders, and a ${config.modelType} model is none`);
  return ["blocks", config.blocks];
}
