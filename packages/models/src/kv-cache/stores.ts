import { keep, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { cacheRows } from "./errors.ts";
import { readRows, writeRows } from "./rows.ts";

/** Keys and values of a layer, one row for each cell. */
interface LayerStore {
  keys: Tensor;
  values: Tensor;
}

/** Keys and values of every layer that stored any. Each layer has its own number of heads and widths. */
export class LayerStores {
  readonly #cells: number;
  readonly #layers = new Map<number, LayerStore>();

  constructor(cells: number) {
    this.#cells = cells;
  }

  /** Writes rows to cells; a layer's first rows make its store, full of zeros. */
  put(layer: number, at: readonly number[], keys: Tensor, values: Tensor): void {
    checkRows(layer, "keys", keys, at.length);
    checkRows(layer, "values", values, at.length);
    const store = this.#layers.get(layer);
    if (store === undefined) {
      const made = { keys: this.#empty(keys), values: this.#empty(values) };
      this.#layers.set(layer, made);
      this.#write(made, at, keys, values);
      return;
    }
    checkWidth(layer, "keys", keys, store.keys);
    checkWidth(layer, "values", values, store.values);
    this.#write(store, at, keys, values);
  }

  /** A stretch of cells; `undefined` for a layer that stored nothing. **Ownership:** *returns owned*. */
  get(layer: number, begin: number, length: number): { keys: Tensor; values: Tensor } | undefined {
    const store = this.#layers.get(layer);
    if (store === undefined) return undefined;
    return { keys: readRows(store.keys, begin, length), values: readRows(store.values, begin, length) };
  }

  layers(): number[] {
    return [...this.#layers.keys()];
  }

  /** Keys of a stretch of cells. **Ownership:** *returns owned*. */
  keysOf(layer: number, begin: number, length: number): Tensor {
    return readRows(this.#at(layer).keys, begin, length);
  }

  /** Replaces keys from a cell on. **Ownership:** *borrows* `keys`. */
  setKeys(layer: number, begin: number, keys: Tensor): void {
    const store = this.#at(layer);
    const at = Array.from({ length: keys.shape[0] ?? 0 }, (_, i) => begin + i);
    store.keys = writeRows(store.keys, at, keys);
  }

  dispose(): void {
    for (const { keys, values } of this.#layers.values()) {
      keys.dispose();
      values.dispose();
    }
    this.#layers.clear();
  }

  #at(layer: number): LayerStore {
    return this.#layers.get(layer) as LayerStore; // asked for layers of `layers()` alone
  }

  #write(store: LayerStore, at: readonly number[], keys: Tensor, values: Tensor): void {
    store.keys = writeRows(store.keys, at, keys);
    store.values = writeRows(store.values, at, values);
  }

  #empty(rows: Tensor): Tensor {
    return keep(zeros([this.#cells, ...rows.shape.slice(1)]));
  }
}

function checkRows(layer: number, name: "keys" | "values", rows: Tensor, batch: number): void {
  const isRows = rows.shape.length === 3 && rows.shape[0] === batch && rows.dtype === "float32";
  if (!isRows) throw cacheRows(layer, name, `[batch, kvHead, dim] with a batch of ${batch}`, rows);
}

function checkWidth(layer: number, name: "keys" | "values", rows: Tensor, store: Tensor): void {
  const [, ...got] = rows.shape;
  const [, ...want] = store.shape;
  const fits = got.every((size, axis) => size === want[axis]);
  if (!fits) throw cacheRows(layer, name, `[batch, ${want.join(", ")}], as before`, rows);
}
