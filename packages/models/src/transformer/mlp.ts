import { HookPoint, Module } from "@hookdict/core";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "../ops/activations.ts";
import { gated } from "../ops/gated.ts";
import type { MlpSteps, MlpWeights } from "../ops/mlp-behind.ts";
import type { MlpConfig } from "./config.ts";
import type { Foreseen } from "./foreseen.ts";
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
  #foreseen: Foreseen | undefined;

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

  /** Has the parts ask there before they compute. */
  join(foreseen: Foreseen): void {
    this.#foreseen = foreseen;
    for (const part of [this.gate, this.in, this.out]) part?.join(foreseen);
  }

  get weights(): MlpWeights {
    return { gate: this.gate, in: this.in, out: this.out, activation: this.#activation };
  }

  /** Says what the parts will give for `x`. **Ownership:** the steps belong to the scope of whoever says it. */
  foresee(x: Tensor, steps: MlpSteps): void {
    if (this.gate !== undefined && steps.gate !== undefined) {
      this.#foreseen?.put(this.gate, [x], steps.gate);
      this.#foreseen?.put(this, [steps.gate, steps.in], steps.post);
    } else this.#foreseen?.put(this, [steps.in], steps.post);
    this.#foreseen?.put(this.in, [x], steps.in);
    this.#foreseen?.put(this.out, [steps.post], steps.out);
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => this.out.call(this.hook_post.call(this.#hidden(x))));
  }

  #hidden(x: Tensor): Tensor {
    if (this.gate === undefined || this.hook_pre_linear === undefined) {
      const pre = this.hook_pre.call(this.in.call(x));
      return this.#foreseen?.take(this, [pre]) ?? ACTIVATIONS[this.#activation](pre);
    }
    const pre = this.hook_pre.call(this.gate.call(x));
    const linear = this.hook_pre_linear.call(this.in.call(x));
    return this.#foreseen?.take(this, [pre, linear]) ?? gated(pre, linear, this.#activation);
  }
}
