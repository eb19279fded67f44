import type { Metric } from "./metrics.ts";
import { type Block, Products } from "./products.ts";
import { type Rows, rowOf } from "./rows.ts";

/**
 * How near all rows are to one row, as bounds of the metric's keys: products in float32 say which rows cannot matter, and 64 bits are
 * spent on the few that do. What is found is what 64 bits find.
 */
export interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Bounds of the keys of one row after the other, a block of products at a time. Owns its tensors. */
export class Keys implements Disposable {
  readonly rows: Rows;
  /** How many rows share a block. */
  readonly step: number;
  readonly #metric: Metric;
  readonly #products: Products | undefined;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  #block: Block | undefined;

  constructor(rows: Rows, metric: Metric) {
    this.rows = rows;
    this.#metric = metric;
    this.#products =
      metric.products === undefined ? undefined : new Products(rows, metric.products === "centred");
    this.step = this.#products?.step ?? 1;
    this.#low = new Float64Array(rows.n);
    this.#high = this.#products === undefined ? this.#low : new Float64Array(rows.n);
  }

  /** Makes ready for rows from `first` on, `step` of them at the most. */
  async load(first: number): Promise<void> {
    this.#block = await this.#products?.block(first);
  }

  /** Bounds of the keys from one row to all rows; valid until the next call. */
  of(row: number): Bounds {
    const found = { low: this.#low, high: this.#high };
    const [block, products] = [this.#block, this.#products];
    if (block === undefined || products === undefined) {
      const own = rowOf(this.rows, row);
      for (let at = 0; at < this.rows.n; at++) found.low[at] = this.#metric.key(own, rowOf(this.rows, at));
    } else fill(found, block, products, row, this.#metric.products === "centred");
    return found;
  }

  /** The key of two rows in 64 bits. */
  exact(row: number, other: number): number {
    return this.#metric.key(rowOf(this.rows, row), rowOf(this.rows, other));
  }

  distance(key: number): number {
    return this.#metric.distance(key);
  }

  [Symbol.dispose](): void {
    this.#products?.[Symbol.dispose]();
  }
}

function fill(
  { low, high }: Bounds,
  block: Block,
  { squares, slack, n }: Products,
  row: number,
  isDistance: boolean,
): void {
  const { values } = block;
  const own = squares[row] ?? 0;
  const slope = (isDistance ? -2 : -1) * block.unit;
  const weight = isDistance ? 1 : 0;
  const [less, more] = [weight - slack, weight + slack];
  const start = (row - block.first) * n;
  for (let at = 0; at < n; at++) {
    const both = own + (squares[at] ?? 0);
    const product = slope * (values[start + at] ?? 0);
    low[at] = less * both + product;
    high[at] = more * both + product;
  }
}
