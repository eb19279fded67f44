import type { Pattern } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * A change of weights that is undone when the context that makes it ends. Edits of one weight see each other's results in
 * the order in which they came, and may end in any order.
 */
export interface WeightEdit {
  readonly name: string;
  /** Which weights, by their paths: `"**.kernel"`, `"blocks.*.attn.q.weight"`. */
  readonly of: Pattern;
  /**
   * What becomes of a weight: a tensor of the same shape and dtype, a function of the arguments alone, because it is called
   * again when an edit made before it ends. **Ownership:** *borrows* the weight; the result belongs to the scope.
   */
  change(weight: Tensor, name: string): Tensor;
}
