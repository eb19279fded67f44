import { checkArgument } from "@hookdict/tensordict";
import { mul, type Tensor } from "@tensorflow/tfjs-core";

/**
 * How much each feature of a sparse dictionary moved the target: its activation times the target's gradient with respect
 * to it. Of one feature's effect on several targets, such as logits, it is its activation times each gradient.
 * **Ownership:** borrows; returns owned, of the gradients' shape.
 *
 * @param activations `[..., feature]`, or one number for a feature
 * @param gradients of the target with respect to the features, `[..., feature]`, or of targets `[target]`
 * @see Marks et al., Sparse feature circuits, https://arxiv.org/abs/2403.19647, equation 2
 * @example
 * const [activations, gradients] = [tensor1d([2, 0]), tensor1d([3, 5])];
 * Array.from(featureContributions(activations, gradients).dataSync()); // => [6, 0]
 */
export function featureContributions(activations: Tensor | number, gradients: Tensor): Tensor {
  if (typeof activations !== "number")
    checkArgument("featureContributions", "activations", activations, "a tensor of numbers");
  checkArgument("featureContributions", "gradients", gradients, "a tensor of numbers");
  return mul(gradients, activations);
}
