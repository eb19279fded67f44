import { HookPoint, Module } from "@hookdict/core";
import { add, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { Attention } from "./attention.ts";
import type { BlockConfig } from "./config.ts";
import { HeadInputs } from "./head-inputs.ts";
import { Mlp } from "./mlp.ts";
import { Norm } from "./norm.ts";
import type { RelativeBias } from "./relative-bias.ts";
import type { RunHolder } from "./run-state.ts";
import type { ModelWeights } from "./weights.ts";

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };

/** One layer of a decoder that attends to itself, then to what an encoder gave, and has an MLP. */
export class CrossBlock extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly hook_resid_pre: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_attn_in: HookPoint | undefined;
  readonly hook_q_input: HookPoint | undefined;
  readonly hook_k_input: HookPoint | undefined;
  readonly hook_v_input: HookPoint | undefined;
  readonly ln1: Norm;
  readonly attn: Attention;
  readonly hook_attn_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_mid: HookPoint = new HookPoint(RESIDUAL);
  readonly ln2: Norm;
  readonly cross_attn: Attention;
  readonly hook_cross_attn_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_mid_cross: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_mlp_in: HookPoint | undefined;
  readonly ln3: Norm;
  readonly mlp: Mlp;
  readonly hook_mlp_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_post: HookPoint = new HookPoint(RESIDUAL);
  /** Where norms follow the sums: the stream as the next layer gets it. */
  readonly hook_normalized_resid_post: HookPoint | undefined;
  readonly config: BlockConfig;
  readonly #inputs: HeadInputs;

  /** **Ownership:** *borrows* the weights. */
  constructor(
    weights: ModelWeights,
    path: string,
    config: BlockConfig,
    run: RunHolder,
    points: ReadonlySet<string>,
    bias?: RelativeBias,
  ) {
    super();
    const { attention, norm, mlp } = config;
    const cross = { ...attention, isCausal: false, isCross: true, relativeBias: undefined };
    this.config = config;
    this.#inputs = new HeadInputs(attention, points);
    this.hook_attn_in = this.#inputs.hook_attn_in;
    this.hook_q_input = this.#inputs.hook_q_input;
    this.hook_k_input = this.#inputs.hook_k_input;
    this.hook_v_input = this.#inputs.hook_v_input;
    this.ln1 = new Norm(
      weights,
      `${path}.ln1`,
      norm,
      config.order === "post" ? undefined : this.#inputs.axes,
    );
    this.attn = new Attention(weights, `${path}.attn`, attention, run, points, bias);
    this.ln2 = new Norm(weights, `${path}.ln2`, norm);
    this.cross_attn = new Attention(weights, `${path}.cross_attn`, cross, run, points);
    if (points.has("hook_mlp_in")) this.hook_mlp_in = new HookPoint(RESIDUAL);
    this.ln3 = new Norm(weights, `${path}.ln3`, norm);
    this.mlp = new Mlp(weights, `${path}.mlp`, mlp);
    if (config.order === "post") this.hook_normalized_resid_post = new HookPoint(RESIDUAL);
  }

  override get axes(): readonly string[] {
    return RESIDUAL.axes;
  }

  /** @param encoded What the encoder gave, `[batch, src, dModel]`. */
  override forward(x: Tensor, encoded: Tensor): Tensor {
    return tidy(() => {
      const pre = this.hook_resid_pre.call(x);
      return this.config.order === "post" ? this.#normAfter(pre, encoded) : this.#normBefore(pre, encoded);
    });
  }

  #normBefore(pre: Tensor, encoded: Tensor): Tensor {
    const [queries, keys, values] = this.#inputs.of(pre);
    const { ln1 } = this;
    const read = ln1.sharing(() => [ln1.call(queries), ln1.call(keys), ln1.call(values)] as const);
    const mid = this.#mid(pre, this.attn.call(...read));
    const crossed = this.#crossed(mid, this.cross_attn.call(this.ln2.call(mid), encoded));
    return this.#post(crossed, this.mlp.call(this.ln3.call(this.#given(crossed))));
  }

  #normAfter(pre: Tensor, encoded: Tensor): Tensor {
    const mid = this.ln1.call(this.#mid(pre, this.attn.call(...this.#inputs.of(pre))));
    const crossed = this.ln2.call(this.#crossed(mid, this.cross_attn.call(mid, encoded)));
    const out = this.ln3.call(this.#post(crossed, this.mlp.call(this.#given(crossed))));
    return this.hook_normalized_resid_post?.call(out) ?? out;
  }

  #mid(x: Tensor, attended: Tensor): Tensor {
    return this.hook_resid_mid.call(add(x, this.hook_attn_out.call(attended)));
  }

  #crossed(x: Tensor, attended: Tensor): Tensor {
    return this.hook_resid_mid_cross.call(add(x, this.hook_cross_attn_out.call(attended)));
  }

  #given(x: Tensor): Tensor {
    return this.hook_mlp_in?.call(x) ?? x;
  }

  #post(x: Tensor, computed: Tensor): Tensor {
    return this.hook_resid_post.call(add(x, this.hook_mlp_out.call(computed)));
  }
}
