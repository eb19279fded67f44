import { HookPoint, Module } from "@hookdict/core";
import { tidy, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { linearTransposed } from "../ops/linear.ts";

/** From the residual stream to logits: `hook_in` `[batch, pos, dModel]`, `hook_out` `[batch, pos, dVocab]`. */
export class Unembed extends Module {
  readonly hook_in: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly hook_out: HookPoint = new HookPoint({ axes: ["batch", "pos", "dVocab"] });
  /** One row per token, `[dVocab, dModel]`: as embeddings are stored, which it often is. */
  readonly weight: Tensor2D;

  /** **Ownership:** *borrows* the weight. */
  constructor(weight: Tensor2D) {
    super();
    this.weight = weight;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dVocab"];
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => this.hook_out.call(tidy(() => linearTransposed(this.hook_in.call(x), this.weight))));
  }
}
