import type { Tensor } from "@tensorflow/tfjs-core";
import type { DictionaryWeightName, DictionaryWeights } from "../config.ts";

/** How features come from preactivations. One file for each, listed in `FEATURE_ACTIVATIONS`. */
export interface FeatureActivation {
  readonly name: string;
  /** What is added to `x wEnc`. */
  readonly bias: DictionaryWeightName;
  /** The weights `[dSae]` that it needs besides, by whether they scale with the features when decoder rows are made of length 1. */
  readonly weights: Readonly<Partial<Record<DictionaryWeightName, "scales" | "stays">>>;
  /** Whether it needs `k`. */
  readonly needsK: boolean;
  /**
   * Features `[n, dSae]` of preactivations `[n, dSae]`. Gradients go to the features that are there, and to nothing through the choice of
   * them. **Ownership:** borrows; new tensors belong to the scope.
   */
  activate(preactivations: Tensor, weights: DictionaryWeights<Tensor>, k: number): Tensor;
  /** How fast a feature that is there grows with its preactivation, `[dSae]`; 1 where it is absent. **Ownership:** as there. */
  slope?(weights: DictionaryWeights<Tensor>): Tensor;
}
