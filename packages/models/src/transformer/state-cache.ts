import { counted, showAsText } from "@hookdict/tensordict";
import { atPlace } from "@hookdict/core";
import { isTaping } from "@hookdict/tensordict/tensors";
import { gather, keep, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { cacheDisposed, cacheOption } from "../kv-cache/errors.ts";
import { cacheBatchSize, cacheGradients, cacheLayer, cacheModel } from "./cache-errors.ts";
import type { StateSpaceConfig } from "./config.ts";
import type { StepCache } from "./step-cache.ts";

/** What a layer of a state space model goes on from. */
export interface LayerState {
  /** What the convolution looks back to, `[batch, kernel - 1, dInner]`. */
  readonly inputs: Tensor;
  /** After the last token, `[batch, dInner, dState]`. */
  readonly state: Tensor;
}

/** Where layers find what they go on from, and leave it. */
export interface StateStore {
  /** **Ownership:** *borrowed*. @throws UsageError `CACHE_LAYER` */
  before(layer: string): LayerState | undefined;
  /** **Ownership:** *borrows*. */
  put(layer: string, after: LayerState): void;
}

/** A layer's state, and after how many columns. */
interface Stored extends LayerState {
  readonly end: number;
}

/**
 * States of a state space model after what it has computed, so that it need compute each token once:
 * `model.withCache(cache, () => model.call(tokens))`. It takes the same memory however long rows are. A run that throws
 * leaves it as it was.
 *
 * **Ownership:** *borrows* the model's config; owns the states, until it is disposed.
 *
 * @throws UsageError `CACHE_MODEL`; from runs `CACHE_MODEL`, `CACHE_GRADIENTS`, `CACHE_LAYER`, ShapeError
 * `CACHE_BATCH_SIZE`, LifetimeError `CACHE_DISPOSED`.
 * @example no-run
 * using model = await loadModel<StateSpaceModel>("./mamba");
 * using cache = new StateCache(model);
 * const first = model.withCache(cache, () => model.call(prompt)); // [batch, prompt, dVocab]
 * const second = model.withCache(cache, () => model.call(next)); // next [batch, 1]: [batch, 1, dVocab]
 */
export class StateCache implements StepCache, StateStore {
  static {
    showAsText(
      this,
      ({ batch, length }) => `StateCache of ${counted(batch, "row")}, ${counted(length, "column")}`,
    );
  }

  readonly #config: StateSpaceConfig;
  #layers = new Map<string, Stored>();
  #pending = new Map<string, Stored>();
  #length = 0;
  #batch = 0;
  #end = 0;
  #isDisposed = false;

  /** @param model The model that the cache is for. */
  constructor(model: { readonly config: StateSpaceConfig }) {
    const config = (model as typeof model | undefined)?.config; // plain JavaScript may give anything
    if (typeof config?.dState !== "number") throw cacheModel("is for state space models, and was given none");
    this.#config = config;
  }

  /** How many columns were computed, padding counted. */
  get length(): number {
    return this.#length;
  }

  /** How many rows there are; 0 before the first run. */
  get batch(): number {
    return this.#batch;
  }

  /** Always: a state does not depend on what follows. */
  canExtend(): boolean {
    return true;
  }

  /**
   * Chooses among the rows: row `i` becomes what row `rows[i]` was, such as for beams. A row may be chosen several times.
   *
   * @throws UsageError `CACHE_OPTION` for a row that there is not; LifetimeError `CACHE_DISPOSED`.
   */
  select(rows: readonly number[]): void {
    this.#check();
    for (const row of rows)
      if (!(Number.isInteger(row) && row >= 0 && row < this.#batch))
        throw cacheOption("row", `one of the ${this.#batch} rows`, row);
    const chosen = (all: Tensor): Tensor => tidy(() => keep(gather(all, [...rows], 0)));
    for (const [layer, { inputs, state, end }] of this.#layers) {
      this.#layers.set(layer, { inputs: chosen(inputs), state: chosen(state), end });
      for (const each of [inputs, state]) each.dispose();
    }
    this.#batch = rows.length;
  }

  /** Forgets everything. */
  clear(): void {
    free(this.#layers);
    this.#length = this.#batch = 0;
  }

  /** Runs `fn` as a pass over new tokens: what a model does with a cache that it is given. */
  during<T>(
    model: { readonly config: unknown },
    batch: number,
    pos: number,
    _mask: ArrayLike<number> | undefined,
    fn: (store: StateStore) => T,
  ): T {
    this.#check();
    if (model.config !== this.#config) throw cacheModel("belongs to the model that it was made for");
    if (isTaping()) throw cacheGradients();
    if (this.#batch > 0 && batch !== this.#batch) throw cacheBatchSize(batch, this.#batch);
    this.#end = this.#length + pos;
    try {
      const result = atPlace({ firstPosition: this.#length }, () => fn(this));
      for (const [layer, after] of this.#pending) {
        const { inputs, state } = this.#layers.get(layer) ?? {};
        for (const each of [inputs, state]) each?.dispose();
        this.#layers.set(layer, after);
      }
      this.#pending = new Map();
      this.#length = this.#end;
      this.#batch = batch;
      return result;
    } catch (error) {
      free(this.#pending);
      throw error;
    }
  }

  before(layer: string): LayerState | undefined {
    const known = this.#layers.get(layer);
    if ((known?.end ?? 0) < this.#length) throw cacheLayer(layer, this.#length);
    return known;
  }

  put(layer: string, { inputs, state }: LayerState): void {
    const end = this.#end;
    this.#pending.set(layer, { inputs: keep(inputs.clone()), state: keep(state.clone()), end });
  }

  /** Frees the states. Twice is nothing. */
  dispose(): void {
    this.clear();
    this.#isDisposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #check(): void {
    if (this.#isDisposed) throw cacheDisposed();
  }
}

function free(layers: Map<string, Stored>): void {
  for (const { inputs, state } of layers.values()) for (const each of [inputs, state]) each.dispose();
  layers.clear();
}
