import { euclidean } from "../rows/neighbours.ts";
import { dot, type Rows, rowOf } from "../rows/rows.ts";
import type { Kernel } from "./hsic.ts";

/** A kernel's value for each pair of rows. */
export function kernelOf(rows: Rows, value: (a: Float64Array, b: Float64Array) => number): Kernel {
  const values = new Float64Array(rows.n ** 2);
  for (let row = 0; row < rows.n; row++)
    for (let other = 0; other <= row; other++) {
      const found = value(rowOf(rows, row), rowOf(rows, other));
      values[row * rows.n + other] = found;
      values[other * rows.n + row] = found;
    }
  return { n: rows.n, values };
}

export function linearKernel(rows: Rows): Kernel {
  return kernelOf(rows, dot);
}

/** `exp(-|a - b|^2 / (2 sigma^2))` with `sigma^2 = fraction^2 * median |a - b|^2` over distinct pairs. */
export function rbfKernel(rows: Rows, fraction: number): Kernel & { readonly sigma: number } {
  const squares = kernelOf(rows, (a, b) => euclidean(a, b) ** 2);
  const pairs = squares.values.filter((_, at) => at % rows.n < Math.floor(at / rows.n)).sort();
  const middle = pairs.length / 2;
  const median = ((pairs[Math.ceil(middle) - 1] ?? 0) + (pairs[Math.floor(middle)] ?? 0)) / 2;
  const sigma = fraction * Math.sqrt(median);
  return { n: rows.n, sigma, values: squares.values.map((square) => Math.exp(-square / (2 * sigma ** 2))) };
}
