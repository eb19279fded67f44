import type { Tensor } from "@tensorflow/tfjs-core";

/** How task vectors become one. */
export interface MergeOptions {
  /** What each vector counts. Default 1 each. */
  readonly weights?: readonly number[];
  /** Share of each vector's values that is kept, above 0 and at most 1. Default 1. */
  readonly density?: number;
  /** What the sign of a merged value is: that of the sum, or that which most of the values have. Default `"total"`. */
  readonly majoritySign?: "total" | "frequency";
  /** Among which values the largest are kept: each tensor's (the default), or the whole vector's. */
  readonly trim?: "each" | "all";
  /** What DARE draws from. Default 0. */
  readonly seed?: number;
}

/** The values of one weight: a tensor for each vector. */
export type Values = readonly Tensor[];

/** One way to merge. */
export interface Merge {
  readonly name: string;
  /**
   * @param vectors For each weight, its values in every vector.
   * @param masks For each weight, what DARE keeps of its values in every vector; drawn where there are none.
   * @returns for each weight, the merged values; they belong to the scope.
   */
  merge(vectors: readonly Values[], options: Required<MergeOptions>, masks?: readonly Values[]): Values;
}
