import { HookPoint, Module } from "@hookdict/core";
import { matMul, reshape, tidy, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** From the residual stream to logits: `hook_in` `[batch, pos, dModel]`, `hook_out` `[batch, pos, dVocab]`. */
export class Unembed extends Module {
  readonly hook_in: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly hook_out: HookPoint = new HookPoint({ axes: ["batch", "pos", "dVocab"] });
  /** `[dModel, dVocab]` */
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
    return tidy(() => {
      const input = this.hook_in.call(x);
      return this.hook_out.call(logitsOf(input, this.weight));
    });
  }
}

function logitsOf(x: Tensor, weight: Tensor2D): Tensor {
  const flat: Tensor2D = reshape(x, [-1, weight.shape[0]]);
  return reshape(matMul(flat, weight), [...x.shape.slice(0, -1), weight.shape[1]]);
}
