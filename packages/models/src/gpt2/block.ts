import { HookPoint, Module } from "@hookdict/core";
import { add, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { type ActivationName, ACTIVATIONS } from "../ops/activations.ts";
import { Attention, type AttentionOptions, type AttentionWeights } from "./attention.ts";
import type { LayerNormWeights } from "../ops/layer-norm.ts";
import { LayerNorm } from "./layer-norm.ts";
import { Mlp, type MlpWeights } from "./mlp.ts";

/** Weights of a {@link Block}. */
export interface BlockWeights {
  readonly ln1: LayerNormWeights;
  readonly attn: AttentionWeights;
  readonly ln2: LayerNormWeights;
  readonly mlp: MlpWeights;
}

/** What a {@link Block} needs to know besides its weights. */
export interface BlockOptions extends AttentionOptions {
  readonly epsilon: number;
  readonly activation: ActivationName;
}

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };

/** One layer: attention and an MLP, each reading the residual stream through a layer norm and adding to it. */
export class Block extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly hook_resid_pre: HookPoint = new HookPoint(RESIDUAL);
  readonly ln1: LayerNorm;
  readonly attn: Attention;
  readonly hook_attn_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_mid: HookPoint = new HookPoint(RESIDUAL);
  readonly ln2: LayerNorm;
  readonly mlp: Mlp;
  readonly hook_mlp_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_post: HookPoint = new HookPoint(RESIDUAL);

  /** **Ownership:** *borrows* the weights and the mask. */
  constructor(weights: BlockWeights, options: BlockOptions) {
    super();
    this.ln1 = new LayerNorm(weights.ln1, options.epsilon);
    this.attn = new Attention(weights.attn, options);
    this.ln2 = new LayerNorm(weights.ln2, options.epsilon);
    this.mlp = new Mlp(weights.mlp, ACTIVATIONS[options.activation]);
  }

  override get axes(): readonly string[] {
    return RESIDUAL.axes;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const pre = this.hook_resid_pre.call(x);
      // Three calls, as in TransformerLens: a hook in ln1 may tell queries (`path`), keys (`path#1`) and values (`path#2`)
      // apart, and each has its own gradient.
      const [queries, keys, values] = this.ln1.sharing(
        () => [this.ln1.call(pre), this.ln1.call(pre), this.ln1.call(pre)] as const,
      );
      const attended = this.hook_attn_out.call(this.attn.call(queries, keys, values));
      const mid = this.hook_resid_mid.call(add(pre, attended));
      const computed = this.hook_mlp_out.call(this.mlp.call(this.ln2.call(mid)));
      return this.hook_resid_post.call(add(mid, computed));
    });
  }
}
