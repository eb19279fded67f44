import { HookPoint, Module } from "@hookdict/core";
import { add, div, mean, mul, sqrt, square, sub, tidy, type Tensor } from "@tensorflow/tfjs-core";

/** Weights of a {@link LayerNorm}: both `[dModel]`. */
export interface LayerNormWeights {
  readonly gain: Tensor;
  readonly bias: Tensor;
}

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

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const centered = sub(x, mean(x, -1, true));
      const scale = this.hook_scale.call(scaleOf(centered, this.#epsilon));
      const normalized = this.hook_normalized.call(div(centered, scale));
      return add(mul(normalized, this.gain), this.bias);
    });
  }
}

function scaleOf(centered: Tensor, epsilon: number): Tensor {
  return tidy(() => sqrt(add(mean(square(centered), -1, true), epsilon)));
}
