import { HookPoint, Module } from "@hookdict/core";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { affine, layerNormSteps, type LayerNormWeights, normalize } from "../ops/layer-norm.ts";
import { Memo } from "../ops/memo.ts";

/**
 * Layer norm over the last axis: `(x - mean) / scale * gain + bias`, where `scale = sqrt(variance + epsilon)`.
 *
 * `hook_scale` sees the scale `[batch, pos, 1]`, `hook_normalized` the value before gain and bias, as in
 * TransformerLens.
 *
 * @see Ba, Kiros and Hinton, https://arxiv.org/abs/1607.06450
 */
export class LayerNorm extends Module {
  readonly hook_scale: HookPoint = new HookPoint({ axes: ["batch", "pos", "one"] });
  readonly hook_normalized: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly gain: Tensor;
  readonly bias: Tensor;
  readonly #epsilon: number;
  #memo: Memo | undefined;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: LayerNormWeights, epsilon: number) {
    super();
    this.gain = weights.gain;
    this.bias = weights.bias;
    this.#epsilon = epsilon;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  /**
   * Runs `fn`, in which calls share what they compute: each passes the hook points, and only what a hook changed is
   * computed anew. What is shared belongs to the scope in which `sharing` is called.
   */
  sharing<T>(fn: () => T): T {
    const outer = this.#memo;
    this.#memo = new Memo();
    try {
      return fn();
    } finally {
      this.#memo = outer;
    }
  }

  override forward(x: Tensor): Tensor {
    const memo = this.#memo;
    return memo === undefined ? tidy(() => this.#normalize(x, new Memo())) : this.#normalize(x, memo);
  }

  #normalize(x: Tensor, memo: Memo): Tensor {
    const steps = memo.get("steps", [x], () => layerNormSteps(x, this, this.#epsilon));
    const scale = this.hook_scale.call(steps.scale);
    // Where a hook gave another tensor, the steps after it are computed anew.
    const isOwn = scale === steps.scale;
    const quotient = memo.get("normalized", [x, scale], () =>
      normalize(x, scale, isOwn ? steps.normalized : undefined),
    );
    const normalized = this.hook_normalized.call(quotient);
    const known = isOwn && normalized === quotient ? steps.output : undefined;
    return memo.get("output", [normalized], () => affine(normalized, this, known));
  }
}
