import { isTensor } from "@hookdict/tensordict";
import { concat, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * Rows that are made when they are run, so that no more of them exist at a time than run at once. One object for what is
 * equal: passes are compared by it.
 */
export interface LazyRows {
  readonly dtype: string;
  /** Rows from `start` on. **Ownership:** returns owned (by the active scope). */
  take(start: number, count: number): Tensor;
}

/** The rows of one input of a pass: all of them as a tensor, or made on demand. */
export type Rows = Tensor | LazyRows;

/** Some rows; the tensor itself for all of it. **Ownership:** returns owned by the active scope, but for the tensor itself. */
export function takeRows(rows: Rows, start: number, count: number): Tensor {
  if (!isTensor(rows)) return rows.take(start, count);
  return start === 0 && count === rows.shape[0] ? rows : slice(rows, start, count);
}

/**
 * Copies of a batch, each made by its number when it is needed: row `copy * batch + example`. **Ownership:** what `make`
 * returns belongs to the scope, or is borrowed.
 */
export function copiedRows(dtype: string, batch: number, make: (copy: number) => Tensor): LazyRows {
  return {
    dtype,
    take: (start, count) =>
      tidy(() => {
        const [first, last] = [Math.floor(start / batch), Math.ceil((start + count) / batch)];
        const copies = Array.from({ length: last - first }, (_, i) => make(first + i));
        return slice(concat(copies, 0), start - first * batch, count);
      }),
  };
}
