import type { Weight } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { releaseTape } from "@hookdict/tensordict/tensors";
import { abs, clone, engine, type Scalar, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { lossInvalid } from "../errors.ts";
import type { Importance, LossOptions } from "./importance.ts";

/** `|dL/dw|`, L the loss. @see Yeom et al., https://arxiv.org/abs/1912.08881 */
export const gradient: Importance<LossOptions> = {
  name: "gradient",
  needs: ["loss"],
  score: (_model, weights, { loss }) => tidy(() => gradientsOf(weights, loss).map((each) => abs(each))),
};

/**
 * Gradients of a loss with respect to weights, 0 where it does not depend on one. **Ownership:** what it returns belongs to
 * the scope.
 *
 * @throws UsageError `LOSS_INVALID`
 */
export function gradientsOf(weights: readonly Weight[], loss: () => Tensor): readonly Tensor[] {
  const scalarLoss = (): Scalar => {
    const value = loss();
    if (!isTensor(value) || value.isDisposed || value.rank > 0 || value.dtype !== "float32")
      throw lossInvalid(value);
    return clone(value) as Scalar; // checked
  };
  const tensors = weights.map(({ tensor }) => tensor);
  try {
    const { grads } = engine().gradients(scalarLoss, tensors, undefined, true);
    return tensors.map((tensor, i) => (grads as (Tensor | undefined)[])[i] ?? zerosLike(tensor));
  } catch (error) {
    releaseTape();
    throw error;
  }
}
