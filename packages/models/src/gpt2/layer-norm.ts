import { HookPoint, Module } from "@hookdict/core";
import { add, div, mul, sqrt, square, sub, sum, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { Memo } from "../ops/memo.ts";

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
    const centered = memo.get("centered", x, () => tidy(() => sub(x, meanOf(x))));
    const deviation = memo.get("scale", centered, () => scaleOf(centered, this.#epsilon));
    const scale = this.hook_scale.call(deviation);
    // A division by each row's scale takes twice as long as a product with its reciprocal.
    const quotient = memo.get("normalized", scale, () => tidy(() => mul(centered, div(1, scale))));
    const normalized = this.hook_normalized.call(quotient);
    return memo.get("output", normalized, () => tidy(() => add(mul(normalized, this.gain), this.bias)));
  }
}

function scaleOf(centered: Tensor, epsilon: number): Tensor {
  return tidy(() => sqrt(add(meanOf(square(centered)), epsilon)));
}

/** Mean over the last axis, which stays. A sum is quicker than the operation `mean`, which first casts floats to floats. */
function meanOf(x: Tensor): Tensor {
  return mul(sum(x, -1, true), 1 / (x.shape.at(-1) ?? 1));
}
