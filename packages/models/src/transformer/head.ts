import { HookPoint, Module } from "@hookdict/core";
import { add, mul, tanh, tidy, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "../ops/activations.ts";
import { linearTransposed } from "../ops/linear.ts";
import type { HeadConfig } from "./config.ts";
import { Linear } from "./linear.ts";
import { Norm } from "./norm.ts";
import type { ModelWeights } from "./weights.ts";

const RESIDUAL = ["batch", "pos", "dModel"];

/** What a masked language model does before the unembedding: a linear map, an activation, a norm `ln`. */
export class MlmHead extends Module {
  readonly dense: Linear;
  readonly ln: Norm;
  readonly #activation: NonNullable<HeadConfig["mlm"]>["activation"];

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, { activation, norm }: NonNullable<HeadConfig["mlm"]>) {
    super();
    this.dense = new Linear(weights, "mlm_head.dense", RESIDUAL);
    this.ln = new Norm(weights, "mlm_head.ln", norm);
    this.#activation = activation;
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => this.ln.call(ACTIVATIONS[this.#activation](this.dense.call(x))));
  }
}

/**
 * From the residual stream to logits: `hook_in` `[batch, pos, dModel]`, `hook_out` `[batch, pos, dVocab]`. Where a family
 * scales or caps its logits, that comes after.
 */
export class Unembed extends Module {
  readonly hook_in: HookPoint = new HookPoint({ axes: RESIDUAL });
  readonly hook_out: HookPoint = new HookPoint({ axes: ["batch", "pos", "dVocab"] });
  /** One row per token, `[dVocab, dModel]`: as embeddings are stored, which it often is. */
  readonly weight: Tensor2D;
  /** `[dVocab]` */
  readonly bias: Tensor | undefined;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights) {
    super();
    this.weight = weights.find<Tensor2D>("unembed.weight") ?? weights.get<Tensor2D>("embed.weight");
    this.bias = weights.find("unembed.bias");
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dVocab"];
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const product = linearTransposed(this.hook_in.call(x), this.weight);
      return this.hook_out.call(this.bias === undefined ? product : add(product, this.bias));
    });
  }
}

/** Logits as the family means them. **Ownership:** *borrows*; what it returns belongs to the scope, or is the argument. */
export function finishLogits(logits: Tensor, { scale, cap }: HeadConfig): Tensor {
  const scaled = scale === undefined ? logits : mul(logits, scale);
  return cap === undefined ? scaled : mul(tanh(mul(scaled, 1 / cap)), cap);
}
