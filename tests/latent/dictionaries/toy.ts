import { HookPoint, Module } from "@hookdict/core";
import { type DictionaryConfig, SparseDictionary } from "@hookdict/latent";
import { mul, type Tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";

/** x → hook_in → 2x → hook_out → 3 times that. */
export class Line extends Module {
  readonly hook_in: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly hook_out: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  override forward(x: Tensor): Tensor {
    return mul(this.hook_out.call(mul(this.hook_in.call(x), 2)), 3);
  }
}

/**
 * Three features of two values: the first value above 0, the second above 0, and how far the first is below 0, of which it
 * writes nothing.
 */
export function threeFeatures(more: Partial<DictionaryConfig> = {}): SparseDictionary {
  return new SparseDictionary(
    { activation: "relu", dIn: 2, dSae: 3, site: "hook_in", ...more },
    {
      wEnc: tensor2d([1, 0, -1, 0, 1, 0], [2, 3]),
      wDec: tensor2d([1, 0, 0, 1, 0, 0], [3, 2]),
      bEnc: tensor1d([0, 0, 0]),
      bDec: tensor1d([0, 0]),
    },
  );
}
