import { cacheLayer } from "./cache-errors.ts";
import { Columns } from "./columns.ts";
import { keep, tidy, type Tensor } from "@tensorflow/tfjs-core";

/** Keys and values of a layer, as far as a pass looks back. */
export interface LayerHistory {
  /** `[batch, src, keyHead, dHead]`; of a pass perhaps more, which are room. */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What a layer stored. */
interface Layer {
  readonly keys: Columns;
  readonly values: Columns;
}

/**
 * Keys and values of all layers that look back equally far, by columns of the padded batch. A pass appends its own to what it
 * looks back to, and what is behind every later query's window goes.
 *
 * **Ownership:** owns what is stored, until it is disposed.
 */
export class LayerCaches {
  /** How many columns a query sees, itself counted; all where there is no window. */
  readonly window: number | undefined;
  readonly #layers = new Map<string, Layer>();
  /** Columns of the pass under way. */
  #begin = 0;
  #end = 0;

  constructor(window: number | undefined) {
    this.window = window;
  }

  /** Columns that the pass looks back to, and its own, in order: `[src]`. */
  get slots(): readonly number[] {
    return Array.from({ length: this.#end - this.first }, (_, i) => this.first + i);
  }

  /** Begins a pass over columns up to `end`, not included. */
  begin(begin: number, end: number): void {
    this.#begin = begin;
    this.#end = end;
  }

  /** Forgets columns from `begin` on. */
  forget(begin: number): void {
    for (const columns of this.#all()) columns.cut(begin);
  }

  /** How many columns a layer has stored, those that it forgot counted. */
  storedOf(layer: string): number {
    return this.#layers.get(layer)?.keys.end ?? 0;
  }

  /** Stores `[batch, pos, keyHead, dHead]` of a layer. **Ownership:** *borrows*; what it gives belongs to the scope. */
  put(layer: string, keys: Tensor, values: Tensor): LayerHistory {
    const known = this.#layers.get(layer);
    if (known !== undefined)
      return {
        keys: known.keys.append(keys, this.#begin, this.first),
        values: known.values.append(values, this.#begin, this.first),
      };
    this.#layers.set(layer, {
      keys: new Columns(keys, this.#begin),
      values: new Columns(values, this.#begin),
    });
    return { keys, values };
  }

  /** The same, where the caller writes the pass's own. `undefined` where there is no room for that. **Ownership:** as of `put`. */
  room(layer: string): (LayerHistory & { readonly column: number }) | undefined {
    const { keys, values } = this.#layers.get(layer) ?? {};
    const [count, first] = [this.#end - this.#begin, this.first];
    const hasRoom = [keys, values].every((each) => each?.canReserve(count, this.#begin, first) === true);
    if (!hasRoom || keys === undefined || values === undefined) return undefined;
    const column = this.#begin - keys.begin;
    return { keys: keys.reserve(count), values: values.reserve(count), column };
  }

  /**
   * What queries behind the first `columns` look back to, of every layer. **Ownership:** *returns owned*.
   *
   * @throws UsageError `CACHE_LAYER` where a window forgot some of it.
   */
  *prefixes(columns: number): Generator<readonly [string, LayerHistory]> {
    const first = Math.max(0, columns - ((this.window ?? Infinity) - 1));
    for (const [layer, { keys, values }] of this.#layers) {
      if (keys.begin > first || keys.end < columns) throw cacheLayer(layer, columns);
      const cut = (all: Columns): Tensor => tidy(() => keep(all.part(first, columns)));
      yield [layer, { keys: cut(keys), values: cut(values) }];
    }
  }

  /** Row `i` becomes what row `rows[i]` was. */
  select(rows: readonly number[]): void {
    for (const columns of this.#all()) columns.select(rows);
  }

  dispose(): void {
    for (const columns of this.#all()) columns.dispose();
    this.#layers.clear();
  }

  /** The first column that the pass's first query sees. */
  get first(): number {
    return Math.max(0, this.#begin - ((this.window ?? Infinity) - 1));
  }

  *#all(): Generator<Columns> {
    for (const { keys, values } of this.#layers.values()) yield* [keys, values];
  }
}
