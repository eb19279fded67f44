/** One product, or a batch of them, as src/wasm/multiplier.ts writes it. Strides are in bytes. */
@unmanaged
export class Job {
  rows: usize;
  columns: usize;
  inner: usize;
  /** Of the columns, each tile has so many: a multiple of 8. */
  tileColumns: usize;
  a: usize;
  aBatchStride: usize;
  aRowStride: usize;
  aInnerStride: usize;
  b: usize;
  bBatchStride: usize;
  bInnerStride: usize;
  bColumnStride: usize;
  c: usize;
  /** Address of `columns` values that are added to each row, or 0. */
  bias: usize;
}
