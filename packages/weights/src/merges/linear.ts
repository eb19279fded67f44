import { addN, mul, type Tensor } from "@tensorflow/tfjs-core";
import type { Merge, Values } from "./merge.ts";

/** The weighted sum. @see Ilharco et al., https://arxiv.org/abs/2212.04089 */
export const linear: Merge = {
  name: "linear",
  merge: (vectors, { weights }) => vectors.map((values) => weightedSum(values, weights)),
};

/** **Ownership:** what it returns belongs to the scope. */
export function weightedSum(values: Values, weights: readonly number[]): Tensor {
  return addN(values.map((value, i) => mul(value, weights[i] ?? 1)));
}
