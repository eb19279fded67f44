import { isTensor } from "@hookdict/tensordict";
import { slice, type Tensor } from "@tensorflow/tfjs-core";

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
