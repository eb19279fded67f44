import { HookPoint, Module } from "@hookdict/core";
import { add, expandDims, mul, tidy, tile, type Tensor } from "@tensorflow/tfjs-core";
import { type AttentionParts, GroupedAttention } from "./attention.ts";
import type { LayerConfig, StackConfig } from "./config.ts";
import { Experts } from "./experts.ts";
import { GatedMlp, PlainMlp } from "./mlp.ts";
import { Norm } from "./norm.ts";
import type { Parameters } from "./parameters.ts";
import type { CurrentPass } from "./pass.ts";

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };
const PER_HEAD = { axes: ["batch", "pos", "head", "dModel"] };
const PER_KEY_HEAD = { axes: ["batch", "pos", "keyHead", "dModel"] };

/** What a {@link TransformerBlock} is made of. */
export interface BlockParts {
  readonly sizes: AttentionParts["sizes"];
  readonly stack: StackConfig;
  readonly layer: LayerConfig;
  readonly index: number;
  readonly parameters: Parameters;
  /** The parameters' names without what follows the layer. */
  readonly name: string;
  readonly pass: CurrentPass;
}

/**
 * One layer: attention (and, in a decoder that reads an encoder, cross-attention) and an MLP around the residual stream.
 *
 * The points `hook_q_input`, `hook_k_input`, `hook_v_input` and `hook_attn_in` (a copy of the residual stream for each
 * head, before the norm) and `hook_mlp_in` cost nothing until they are hooked.
 */
export class TransformerBlock extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly hook_resid_pre: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_attn_in: HookPoint = new HookPoint(PER_HEAD);
  readonly hook_q_input: HookPoint = new HookPoint(PER_HEAD);
  readonly hook_k_input: HookPoint = new HookPoint(PER_KEY_HEAD);
  readonly hook_v_input: HookPoint = new HookPoint(PER_KEY_HEAD);
  readonly ln1: Norm | undefined;
  readonly attn: GroupedAttention;
  readonly ln1_post: Norm | undefined;
  readonly hook_attn_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_mid: HookPoint | undefined;
  readonly cross_attn: GroupedAttention | undefined;
  readonly hook_cross_attn_out: HookPoint | undefined;
  readonly hook_resid_mid_cross: HookPoint | undefined;
  readonly hook_mlp_in: HookPoint = new HookPoint(RESIDUAL);
  readonly ln2: Norm | undefined;
  readonly ln3: Norm | undefined;
  readonly mlp: PlainMlp | GatedMlp | Experts;
  readonly ln2_post: Norm | undefined;
  readonly hook_mlp_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_post: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_normalized_resid_post: HookPoint | undefined;
  readonly #parts: BlockParts;

  /** **Ownership:** *borrows* the parameters. */
  constructor(parts: BlockParts) {
    super();
    this.#parts = parts;
    const { stack, parameters, name } = parts;
    const { block, hasCross } = stack;
    const norm = (suffix: string): Norm => new Norm(stack.norm, parameters, `${name}.${suffix}`);
    const isPost = block.order === "post";
    this.ln1 = block.ln1 || isPost ? norm("ln1") : undefined;
    this.attn = new GroupedAttention(this.#attention("attn", false));
    this.ln1_post = block.postNorms ? norm("ln1_post") : undefined;
    this.hook_resid_mid = block.order === "parallel" ? undefined : new HookPoint(RESIDUAL);
    if (hasCross) {
      this.cross_attn = new GroupedAttention(this.#attention("cross_attn", true));
      this.hook_cross_attn_out = new HookPoint(RESIDUAL);
      this.hook_resid_mid_cross = new HookPoint(RESIDUAL);
    }
    this.ln2 = block.ln2 || isPost ? norm(block.isOneNorm === true ? "ln1" : "ln2") : undefined;
    this.ln3 = hasCross ? norm("ln3") : undefined;
    this.mlp = makeMlp(parts);
    this.ln2_post = block.postNorms ? norm("ln2_post") : undefined;
    this.hook_normalized_resid_post = isPost ? new HookPoint(RESIDUAL) : undefined;
  }

  override get axes(): readonly string[] {
    return RESIDUAL.axes;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const pre = this.hook_resid_pre.call(x);
      const { order } = this.#parts.stack.block;
      if (order === "parallel") return this.#parallel(pre);
      return order === "post" ? this.#post(pre) : this.#sequential(pre);
    });
  }

  #sequential(pre: Tensor): Tensor {
    const { isResidualNormalised } = this.#parts.stack.block;
    const { attended, normed } = this.#attend(pre);
    const mid = this.#mid(isResidualNormalised === true ? normed : pre, attended);
    const crossed = this.cross_attn === undefined ? mid : this.#cross(mid, this.ln2);
    const read = normalized(this.cross_attn === undefined ? this.ln2 : this.ln3, this.#mlpIn(crossed));
    const computed = this.#compute(read);
    return this.hook_resid_post.call(add(isResidualNormalised === true ? read : crossed, computed));
  }

  #parallel(pre: Tensor): Tensor {
    const { attended, normed } = this.#attend(pre);
    const computed = this.#compute(this.ln2 === undefined ? normed : this.ln2.call(this.#mlpIn(pre)));
    return this.hook_resid_post.call(add(add(pre, attended), computed));
  }

  #post(pre: Tensor): Tensor {
    const { attended } = this.#attend(pre);
    let read = normalized(this.ln1, this.#mid(pre, attended));
    if (this.cross_attn !== undefined) read = normalized(this.ln2, this.#cross(read, undefined));
    const post = this.hook_resid_post.call(add(read, this.#compute(this.#mlpIn(read))));
    const out = normalized(this.cross_attn === undefined ? this.ln2 : this.ln3, post);
    return this.hook_normalized_resid_post?.call(out) ?? out;
  }

  /** Attention's output, and what it read. */
  #attend(pre: Tensor): { attended: Tensor; normed: Tensor } {
    const norm = this.#parts.stack.block.order === "post" ? undefined : this.ln1;
    const [queries, keys, values] = this.#attentionInputs(pre, norm);
    const output = this.attn.call(queries, keys, values);
    const attended = this.hook_attn_out.call(this.#scaled(this.ln1_post?.call(output) ?? output));
    return { attended, normed: queries };
  }

  #attentionInputs(pre: Tensor, norm: Norm | undefined): [Tensor, Tensor, Tensor] {
    const { nHeads, nKeyHeads } = this.#parts.sizes;
    const points = [this.hook_q_input, this.hook_k_input, this.hook_v_input] as const;
    const isSplit = points.some((point) => point.hookSlot !== null);
    if (!isSplit && this.hook_attn_in.hookSlot === null) {
      const one = normalized(norm, pre);
      return [one, one, one];
    }
    const copies = (count: number): Tensor => tile(expandDims(pre, 2), [1, 1, count, 1]);
    const all = nHeads === nKeyHeads ? this.hook_attn_in.call(copies(nHeads)) : undefined;
    if (!isSplit && all !== undefined) {
      const one = normalized(norm, all);
      return [one, one, one];
    }
    const [q, k, v] = points.map((point, i) =>
      normalized(norm, point.call(all ?? copies(i === 0 ? nHeads : nKeyHeads))),
    ) as [Tensor, Tensor, Tensor]; // of three points
    return [q, k, v];
  }

  #mid(stream: Tensor, attended: Tensor): Tensor {
    const mid = add(stream, attended);
    return this.hook_resid_mid?.call(mid) ?? mid;
  }

  #cross(mid: Tensor, norm: Norm | undefined): Tensor {
    const encoded = this.#parts.pass.get().encoded;
    if (encoded === undefined) throw new TypeError("no encoder ran"); // the model's forward runs it first
    const output = this.cross_attn?.call(normalized(norm, mid), encoded.values, encoded.values) ?? mid;
    const attended = this.hook_cross_attn_out?.call(output) ?? output;
    const stream = add(mid, attended);
    return this.hook_resid_mid_cross?.call(stream) ?? stream;
  }

  #mlpIn(x: Tensor): Tensor {
    return this.hook_mlp_in.call(x);
  }

  #compute(read: Tensor): Tensor {
    const output = this.mlp.call(read);
    return this.hook_mlp_out.call(this.#scaled(this.ln2_post?.call(output) ?? output));
  }

  #scaled(branch: Tensor): Tensor {
    const { branchScale } = this.#parts.stack.block;
    return branchScale === 1 ? branch : mul(branch, branchScale);
  }

  #attention(suffix: string, isCross: boolean): AttentionParts {
    const { sizes, stack, layer, parameters, name, index, pass } = this.#parts;
    const config = stack.attention;
    return { sizes, config, layer, parameters, name: `${name}.${suffix}`, index, pass, isCross };
  }
}

function normalized(norm: Norm | undefined, x: Tensor): Tensor {
  return norm === undefined ? x : norm.call(x);
}

function makeMlp({ stack, layer, sizes, parameters, name }: BlockParts): PlainMlp | GatedMlp | Experts {
  const mlp = { dModel: sizes.dModel, dMlp: layer.dMlp, activation: stack.mlp.activation };
  const at = `${name}.mlp`;
  if (layer.experts !== undefined) return new Experts(layer.experts, mlp, parameters, at);
  return stack.mlp.isGated ? new GatedMlp(mlp, parameters, at) : new PlainMlp(mlp, parameters, at);
}
