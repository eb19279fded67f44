import type { Tensor } from "@tensorflow/tfjs-core";

/** What is done to rows before they are encoded, and undone to what is decoded. One file for each, listed in `ROW_NORMALIZATIONS`. */
export interface RowNormalization {
  readonly name: string;
  /** Rows `[n, dIn]` as they are encoded. **Ownership:** borrows; new tensors belong to the scope. */
  before(rows: Tensor): Tensor;
  /** What was decoded, `[n, dOut]`, on the scale of the rows. **Ownership:** as there. */
  after(decoded: Tensor, rows: Tensor): Tensor;
}
