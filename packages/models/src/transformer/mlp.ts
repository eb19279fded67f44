import { HookPoint, Module } from "@hookdict/core";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "../ops/activations.ts";
import { gated } from "../ops/gated.ts";
import type { MlpConfig } from "./config.ts";
import { Linear } from "./linear.ts";
import type { ModelWeights } from "./weights.ts";

const HIDDEN = ["batch", "pos", "dMlp"];
const RESIDUAL = ["batch", "pos", "dModel"];

/**
 * Two matrices with an activation between them, or three in a gated MLP. `hook_pre` sees what the activation takes,
 * `hook_pre_linear` what it is multiplied by in a gated one, `hook_post` what the last matrix takes: `[batch, pos, dMlp]`.
 */
export class Mlp extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly gate: Linear | undefined;
  readonly in: Linear;
  readonly hook_pre: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly hook_pre_linear: HookPoint | undefined;
  readonly hook_post: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly out: Linear;
  readonly #activation: MlpConfig["activation"];

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, path: string, config: MlpConfig) {
    super();
    this.in = new Linear(weights, `${path}.in`, HIDDEN);
    this.out = new Linear(weights, `${path}.out`, RESIDUAL);
    if (config.isGated) {
      this.gate = new Linear(weights, `${path}.gate`, HIDDEN);
      this.hook_pre_linear = new HookPoint({ axes: HIDDEN });
    }
    this.#activation = config.activation;
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => this.out.call(this.hook_post.call(this.#hidden(x))));
  }

  #hidden(x: Tensor): Tensor {
    if (this.gate === undefined || this.hook_pre_linear === undefined) {
      const pre = this.hook_pre.call(this.in.call(x));
      return ACTIVATIONS[this.#activation](pre);
    }
    const pre = this.hook_pre.call(this.gate.call(x));
    return gated(pre, this.hook_pre_linear.call(this.in.call(x)), this.#activation);
  }
}
