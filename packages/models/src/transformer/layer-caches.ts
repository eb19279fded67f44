import { cacheLayer } from "./cache-errors.ts";
import { concat, gather, keep, slice, tidy, type Tensor } from "@tensorflow/tfjs-core";

/** Keys and values of a layer, as far as a pass looks back. */
export interface LayerHistory {
  /** `[batch, src, keyHead, dHead]` */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What a layer stored: columns from `begin` up to `end`, not included. */
interface Layer extends LayerHistory {
  readonly begin: number;
  readonly end: number;
}

/**
 * Keys and values of all layers that look back equally far, by columns of the padded batch. A pass appends its own to what it
 * looks back to, and what is behind every later query's window goes: one copy of that history for each pass, on every
 * backend, since tensors do not change.
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
    return Array.from({ length: this.#end - this.#first }, (_, i) => this.#first + i);
  }

  /** Begins a pass over columns up to `end`, not included. */
  begin(begin: number, end: number): void {
    this.#begin = begin;
    this.#end = end;
  }

  /** Forgets columns from `begin` on. */
  forget(begin: number): void {
    for (const [layer, known] of this.#layers)
      if (known.end > begin) this.#set(layer, known, begin, (all) => part(all, 0, begin - known.begin));
  }

  /** How many columns a layer has stored, those that it forgot counted. */
  storedOf(layer: string): number {
    return this.#layers.get(layer)?.end ?? 0;
  }

  /** Stores `[batch, pos, keyHead, dHead]` of a layer. **Ownership:** *borrows*; what it gives belongs to the scope. */
  put(layer: string, keys: Tensor, values: Tensor): LayerHistory {
    const known = this.#layers.get(layer);
    const first = this.#first;
    const all = (earlier: Tensor | undefined, own: Tensor): Tensor =>
      earlier === undefined || known === undefined || first === this.#begin
        ? own
        : concat([part(earlier, first - known.begin, this.#begin - known.begin), own], 1);
    const history = { keys: all(known?.keys, keys), values: all(known?.values, values) };
    this.#layers.set(layer, {
      keys: keep(history.keys.clone()),
      values: keep(history.values.clone()),
      begin: first,
      end: this.#end,
    });
    known?.keys.dispose();
    known?.values.dispose();
    return history;
  }

  /**
   * What queries behind the first `columns` look back to, of every layer. **Ownership:** *returns owned*.
   *
   * @throws UsageError `CACHE_LAYER` where a window forgot some of it.
   */
  *prefixes(columns: number): Generator<readonly [string, LayerHistory]> {
    const first = Math.max(0, columns - ((this.window ?? Infinity) - 1));
    for (const [layer, { keys, values, begin, end }] of this.#layers) {
      if (begin > first || end < columns) throw cacheLayer(layer, columns);
      const cut = (all: Tensor): Tensor => tidy(() => keep(part(all, first - begin, columns - begin)));
      yield [layer, { keys: cut(keys), values: cut(values) }];
    }
  }

  /** Row `i` becomes what row `rows[i]` was. */
  select(rows: readonly number[]): void {
    for (const [layer, known] of this.#layers)
      this.#set(layer, known, known.end, (all) => gather(all, [...rows], 0));
  }

  dispose(): void {
    for (const { keys, values } of this.#layers.values()) for (const each of [keys, values]) each.dispose();
    this.#layers.clear();
  }

  /** The first column that the pass's first query sees. */
  get #first(): number {
    return Math.max(0, this.#begin - ((this.window ?? Infinity) - 1));
  }

  #set(layer: string, known: Layer, end: number, change: (all: Tensor) => Tensor): void {
    const changed = (all: Tensor): Tensor => tidy(() => keep(change(all)));
    const { keys, values, begin } = known;
    this.#layers.set(layer, { keys: changed(keys), values: changed(values), begin, end });
    for (const each of [keys, values]) each.dispose();
  }
}

/** Columns `begin` up to `end` of `[batch, column, head, dim]`; a tensor of its own. */
function part(all: Tensor, begin: number, end: number): Tensor {
  return begin === 0 && end === all.shape[1] ? all.clone() : slice(all, [0, begin], [-1, end - begin]);
}
