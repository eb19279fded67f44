import type { Tensor } from "@tensorflow/tfjs-core";

/** What every measure of similarity returns; most return more beside it. */
export interface SimilarityResult {
  /** The measure's number. */
  readonly value: number;
}

/** Compares two representations of the same `n` examples, `[n, ...]` each, of any widths. **Ownership:** borrows both. */
export type SimilarityMeasure = (x: Tensor, y: Tensor) => Promise<SimilarityResult>;
