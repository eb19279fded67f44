import { HookPoint, Module } from "@hookdict/core";
import { tidy, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Activation } from "../ops/activations.ts";
import { linear } from "../ops/linear.ts";

/** Weights of an {@link Mlp}. */
export interface MlpWeights {
  /** `[dModel, dMlp]` */
  readonly wIn: Tensor2D;
  /** `[dMlp]` */
  readonly bIn: Tensor1D;
  /** `[dMlp, dModel]` */
  readonly wOut: Tensor2D;
  /** `[dModel]` */
  readonly bOut: Tensor1D;
}

/** Two linear layers and an activation between them: `hook_pre` before it, `hook_post` after it, `[batch, pos, dMlp]`. */
export class Mlp extends Module {
  readonly hook_pre: HookPoint = new HookPoint({ axes: ["batch", "pos", "dMlp"] });
  readonly hook_post: HookPoint = new HookPoint({ axes: ["batch", "pos", "dMlp"] });
  readonly #weights: MlpWeights;
  readonly #activation: Activation;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: MlpWeights, activation: Activation) {
    super();
    this.#weights = weights;
    this.#activation = activation;
  }

  get weights(): MlpWeights {
    return this.#weights;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    const { wIn, bIn, wOut, bOut } = this.#weights;
    return tidy(() => {
      const pre = this.hook_pre.call(linear(x, wIn, bIn));
      const post = this.hook_post.call(tidy(() => this.#activation(pre)));
      return linear(post, wOut, bOut);
    });
  }
}
