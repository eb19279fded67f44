import { matMul, slice, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { columnMeans, type Rows } from "./rows.ts";

/** Numbers of a block of products: 16 MB of float32. */
const BLOCK = 2 ** 22;
/** What float32 rounds by. */
const ROUNDING = 2 ** -24;

/** Rows in float32 on the backend, for products of all pairs: a block at a time, so that memory stays bounded. Owns its tensors. */
export class Products implements Disposable {
  readonly n: number;
  /** How many rows are multiplied at once. */
  readonly step: number;
  /** Squared lengths of the rows, in 64 bits. */
  readonly squares: Float64Array;
  /**
   * How wrong products may be: `|a - b|^2` and `a b` from them are within `slack (|a|^2 + |b|^2)` of what the rows' 64 bits give,
   * in whatever order a backend adds up.
   */
  readonly slack: number;
  readonly #unit: number;
  readonly #rows: Tensor2D;
  readonly #columns: Tensor2D;

  /** @param isCentred Whether the mean of each column is taken off first: distances stay, and are more exact. */
  constructor(rows: Rows, isCentred: boolean) {
    const { n, width } = rows;
    const { values, unit } = scaled(rows, isCentred ? columnMeans(rows) : new Float64Array(width));
    this.n = n;
    this.step = Math.max(1, Math.min(n, Math.floor(BLOCK / n)));
    this.#unit = unit;
    this.squares = squaresOf(values, n, width).map((square) => square * unit);
    this.slack = (width + 8) * ROUNDING;
    this.#rows = tensor2d(values, [n, width]);
    this.#columns = tensor2d(transposed(values, n, width), [width, n]); // `wasm` is slow at products with a transposed matrix
  }

  /** Products of `step` rows from `first` on with all rows. */
  async block(first: number): Promise<Block> {
    const count = Math.min(this.step, this.n - first);
    const found = tidy(() => matMul(slice(this.#rows, [first, 0], [count, -1]), this.#columns));
    try {
      return { first, count, unit: this.#unit, values: (await found.data()) as Float32Array };
    } finally {
      found.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.#rows.dispose();
    this.#columns.dispose();
  }
}

/** Products of `count` rows, from `first` on, with all rows: `unit` times `values`. */
export interface Block {
  readonly first: number;
  readonly count: number;
  readonly unit: number;
  readonly values: Float32Array;
}

/** The rows less means in float32, times a power of two that keeps squares in range; `unit` undoes it in products. */
function scaled(
  { n, width, values }: Rows,
  means: Float64Array,
): { readonly values: Float32Array; readonly unit: number } {
  let most = 0;
  for (let row = 0, at = 0; row < n; row++)
    for (let column = 0; column < width; column++, at++)
      most = Math.max(most, Math.abs((values[at] ?? 0) - (means[column] ?? 0)));
  const scale = most === 0 ? 1 : 2 ** -Math.ceil(Math.log2(most));
  const found = new Float32Array(values.length);
  for (let row = 0, at = 0; row < n; row++)
    for (let column = 0; column < width; column++, at++)
      found[at] = ((values[at] ?? 0) - (means[column] ?? 0)) * scale;
  return { values: found, unit: 1 / scale ** 2 };
}

function squaresOf(values: Float32Array, n: number, width: number): Float64Array {
  return Float64Array.from({ length: n }, (_, row) => {
    let total = 0;
    for (let at = row * width; at < (row + 1) * width; at++) total += (values[at] ?? 0) ** 2;
    return total;
  });
}

function transposed(values: Float32Array, n: number, width: number): Float32Array {
  const found = new Float32Array(values.length);
  for (let row = 0; row < n; row++)
    for (let column = 0; column < width; column++)
      found[column * n + row] = values[row * width + column] ?? 0;
  return found;
}
