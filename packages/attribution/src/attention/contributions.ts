import { checkArgument } from "@hookdict/tensordict";
import {
  matMul,
  mul,
  reshape,
  slice,
  sum,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";

/**
 * How much the attention of each head moved the target from each source position to one position: the pattern times the
 * value's output along the gradient at the attention's output. Patterns count as constant. **Ownership:** borrows;
 * returns owned, `[head, src]`.
 *
 * @param of.pattern `[head, dest, src]`
 * @param of.values `[src, head, dHead]`
 * @param of.wO `[head * dHead, dModel]`
 * @param of.gradient `[dModel]`, the target's gradient at the attention's output at that position
 * @see Elhage et al., A mathematical framework for transformer circuits, 2021
 */
export function attentionContributions(of: {
  readonly pattern: Tensor;
  readonly values: Tensor;
  readonly wO: Tensor;
  readonly gradient: Tensor;
  readonly position: number;
}): Tensor {
  checkArgument("attentionContributions", "of", of, "a record");
  for (const name of ["pattern", "values", "wO", "gradient"] as const)
    checkArgument("attentionContributions", name, of[name], "a tensor of numbers");
  checkArgument("attentionContributions", "position", of.position, "a whole number, 0 or more");
  return tidy(() => {
    const [source = 1, heads = 1, width = 1] = of.values.shape;
    const along = reshape(matMul(of.wO as Tensor2D, reshape(of.gradient, [-1, 1])), [1, heads, width]); // rank 2
    const each = transpose(sum(mul(of.values, along), 2)); // [head, src]
    const row = reshape(slice(of.pattern, [0, of.position, 0], [heads, 1, source]), [heads, source]);
    return mul(row, each);
  });
}
