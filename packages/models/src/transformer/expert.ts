import { HookPoint, Module } from "@hookdict/core";
import { add, clipByValue, minimum, mul, sigmoid, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { gated } from "../ops/gated.ts";
import type { MlpConfig } from "./config.ts";
import { Linear } from "./linear.ts";
import type { ModelWeights } from "./weights.ts";

const HIDDEN = ["token", "dMlp"];

/**
 * One of several MLPs, for the tokens that it serves: `[token, dModel]`. `hook_gate` sees what the activation takes, `hook_pre`
 * what that is multiplied by, `hook_post` their product, `[token, dMlp]`.
 */
export class Expert extends Module {
  readonly gate: Linear;
  readonly hook_gate: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly in: Linear;
  readonly hook_pre: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly hook_post: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly out: Linear;
  readonly #config: MlpConfig;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, path: string, config: MlpConfig) {
    super();
    this.gate = new Linear(weights, `${path}.gate`, HIDDEN);
    this.in = new Linear(weights, `${path}.in`, HIDDEN);
    this.out = new Linear(weights, `${path}.out`, ["token", "dModel"]);
    this.#config = config;
  }

  override get axes(): readonly string[] {
    return ["token", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const gate = this.hook_gate.call(this.gate.call(x));
      const up = this.hook_pre.call(this.in.call(x));
      return this.out.call(this.hook_post.call(this.#product(gate, up)));
    });
  }

  #product(gate: Tensor, up: Tensor): Tensor {
    const { clamped, activation } = this.#config;
    if (clamped === undefined) return gated(gate, up, activation);
    const { alpha, limit } = clamped;
    const kept = minimum(gate, limit);
    return mul(add(clipByValue(up, -limit, limit), 1), mul(kept, sigmoid(mul(kept, alpha))));
  }
}
