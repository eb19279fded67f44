import type { HookTarget } from "@hookdict/core";
import { keptClone } from "@hookdict/tensordict/tensors";
import { add, div, mul, sqrt, sub, tidy, zerosLike, type Tensor } from "@tensorflow/tfjs-core";
import { innermost, moduleAt } from "../parts/describe.ts";
import { Conv2d } from "../parts/conv.ts";
import { Linear } from "../parts/linear.ts";
import { BatchNorm } from "../parts/norms.ts";

/**
 * Merges each batch norm into the linear layer or convolution right before it, so that the norm is the identity.
 *
 * @returns what undoes it: weights are then the very tensors they were.
 */
export function mergeBatchNorms(target: HookTarget): () => void {
  const undo: (() => void)[] = [];
  let before: unknown;
  for (const site of innermost(target)) {
    const module = moduleAt(target, site);
    if (
      module instanceof BatchNorm &&
      !module.isMerged &&
      (before instanceof Linear || before instanceof Conv2d)
    )
      undo.push(merge(before, module));
    before = module;
  }
  return () => {
    for (const step of undo.reverse()) step();
  };
}

function merge(layer: Linear | Conv2d, norm: BatchNorm): () => void {
  const { kernel, bias } = layer;
  const merged: Tensor[] = [];
  tidy(() => {
    const { gamma, beta, mean, variance } = norm.weights;
    const factor = div(gamma, sqrt(add(variance, norm.epsilon)));
    merged.push(keptClone(mul(kernel, factor)));
    merged.push(keptClone(add(mul(sub(bias ?? zerosLike(mean), mean), factor), beta)));
  });
  [layer.kernel, layer.bias] = merged as [Tensor, Tensor]; // made above
  norm.isMerged = true;
  return () => {
    layer.kernel = kernel;
    layer.bias = bias;
    norm.isMerged = false;
    for (const tensor of merged) tensor.dispose();
  };
}
