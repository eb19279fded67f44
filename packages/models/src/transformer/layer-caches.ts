import { gather, reshape, tidy, transpose, type Tensor } from "@tensorflow/tfjs-core";
import type { CellState, KeyValueCache } from "../kv-cache/cache.ts";
import { CausalCache } from "../kv-cache/causal-cache.ts";
import { SlidingWindowCache } from "../kv-cache/sliding-window-cache.ts";

/** Keys and values of a layer, as far as a pass looks back. */
export interface LayerHistory {
  /** `[batch, src, keyHead, dHead]` */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** For how many columns room is made. */
export interface Room {
  /** Columns in all. */
  readonly total: number;
  /** Columns of one pass. */
  readonly pass: number;
}

/** A layer that stored something. */
interface Layer {
  readonly number: number;
  /** Columns up to this one, not included, are stored. */
  readonly end: number;
}

/**
 * Keys and values of all layers that look back equally far: a cache in which a cell is a column of the padded batch, with
 * the rows of the batch side by side as heads.
 *
 * **Ownership:** owns its cache, until it is disposed.
 */
export class LayerCaches {
  /** How many columns a query sees, itself counted; all where there is no window. */
  readonly window: number | undefined;
  readonly #batch: number;
  readonly #cache: KeyValueCache;
  readonly #room: Room;
  /** How many earlier columns stay. */
  readonly #memory: number;
  readonly #layers = new Map<string, Layer>();
  #slots: readonly number[] = [];
  /** Cells of the history in the order of columns, where they are stored in another. */
  #order: readonly number[] | undefined;

  constructor(window: number | undefined, batch: number, room: Room) {
    this.window = window;
    this.#batch = batch;
    this.#room = room;
    // A cache's window counts earlier columns alone, and cannot be 0. One that slides must be smaller than one of all.
    const memory = Math.max(1, (window ?? Infinity) - 1);
    this.#memory = memory + room.pass < room.total ? memory : Infinity;
    this.#cache =
      this.#memory === Infinity
        ? new CausalCache({ capacity: room.total })
        : new SlidingWindowCache({
            capacity: Number.MAX_SAFE_INTEGER,
            window: memory,
            maxBatch: room.pass,
          });
  }

  /** Columns of the history, in order: `[src]`. */
  get slots(): readonly number[] {
    return this.#slots;
  }

  /** Whether a pass over columns `begin` up to, not including, `end` fits. */
  hasRoom(begin: number, end: number): boolean {
    return this.#memory === Infinity ? end <= this.#room.total : end - begin <= this.#room.pass;
  }

  /** Begins a pass over columns. */
  begin(columns: readonly number[]): void {
    this.#cache.startForward({ positions: columns });
    const { cells, current } = this.#cache.state as CellState; // both are caches of cells
    const stored = cells.filter(({ index }) => index >= current.min && index <= current.max);
    stored.sort((one, other) => one.position - other.position);
    this.#slots = stored.map(({ position }) => position);
    const order = stored.map(({ index }) => index - current.min);
    const isInOrder = order.length === current.max - current.min + 1 && order.every((cell, i) => cell === i);
    this.#order = isInOrder ? undefined : order;
  }

  /** Forgets columns from `begin` on. */
  forget(begin: number): void {
    this.#cache.remove(0, begin);
    const count = this.#slots.filter((slot) => slot < begin).length;
    this.#order = (this.#order ?? [...this.#slots.keys()]).slice(0, count);
    this.#slots = this.#slots.slice(0, count);
    for (const [layer, { number, end }] of this.#layers)
      this.#layers.set(layer, { number, end: Math.min(end, begin) });
  }

  /** How many columns a layer has stored, those that it forgot counted. */
  storedOf(layer: string): number {
    return this.#layers.get(layer)?.end ?? 0;
  }

  /** Stores `[batch, pos, keyHead, dHead]` of a layer. **Ownership:** *borrows*; *returns owned*. */
  put(layer: string, keys: Tensor, values: Tensor): LayerHistory {
    const number = this.#layers.get(layer)?.number ?? this.#layers.size;
    const [folded, foldedValues] = [fold(keys), fold(values)];
    this.#cache.setLayer(number);
    this.#cache.put(folded, foldedValues);
    this.#layers.set(layer, { number, end: (this.#slots.at(-1) ?? -1) + 1 });
    for (const each of [folded, foldedValues]) each.dispose();
    return this.#history();
  }

  /**
   * The same with other rows and other room: row `i` is what row `rows[i]` was.
   *
   * **Ownership:** *returns owned*.
   */
  rebuilt(rows: readonly number[], room: Room): LayerCaches {
    const made = new LayerCaches(this.window, rows.length, room);
    const end = (this.#slots.at(-1) ?? -1) + 1;
    const kept = [...this.#slots.keys()].filter((at) => (this.#slots[at] ?? -1) >= end - made.#memory);
    if (kept.length === 0) return made;
    made.begin(kept.map((at) => this.#slots[at] ?? 0));
    for (const [layer, known] of this.#layers) {
      tidy(() => {
        this.#cache.setLayer(known.number);
        const { keys, values } = this.#history();
        const chosen = (all: Tensor): Tensor => gather(gather(all, [...rows], 0), kept, 1);
        made.put(layer, chosen(keys), chosen(values));
      });
      made.#layers.set(layer, known); // numbered in the same order
    }
    return made;
  }

  dispose(): void {
    this.#cache.dispose();
  }

  #history(): LayerHistory {
    const { keys, values, mask } = this.#cache.get();
    mask?.dispose();
    const [orderedKeys, orderedValues] = [this.#unfolded(keys), this.#unfolded(values)];
    for (const each of [keys, values]) each.dispose();
    return { keys: orderedKeys, values: orderedValues };
  }

  #unfolded(x: Tensor): Tensor {
    return tidy(() => unfold(this.#order === undefined ? x : gather(x, [...this.#order]), this.#batch));
  }
}

/** `[batch, pos, head, dim]` as `[pos, batch * head, dim]`. */
function fold(x: Tensor): Tensor {
  const [batch = 1, pos = 1, heads = 1, dim = 1] = x.shape;
  return tidy(() => reshape(batch === 1 ? x : transpose(x, [1, 0, 2, 3]), [pos, batch * heads, dim]));
}

/** `[pos, batch * head, dim]` as `[batch, pos, head, dim]`. */
function unfold(x: Tensor, batch: number): Tensor {
  const [pos = 1, , dim = 1] = x.shape;
  return tidy(() =>
    batch === 1 ? reshape(x, [1, pos, -1, dim]) : transpose(reshape(x, [pos, batch, -1, dim]), [1, 0, 2, 3]),
  );
}
