import { HookPoint, Module } from "@hookdict/core";
import { add, mul, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { Attention } from "./attention.ts";
import { mlpBehind, type MlpSteps } from "../ops/mlp-behind.ts";
import type { BlockConfig, ExpertsConfig, MlpConfig } from "./config.ts";
import { Experts } from "./experts.ts";
import { Foreseen, isSame } from "./foreseen.ts";
import { HeadInputs, type Inputs } from "./head-inputs.ts";
import { Mlp } from "./mlp.ts";
import { Norm } from "./norm.ts";
import type { RelativeBias } from "./relative-bias.ts";
import type { RunHolder } from "./run-state.ts";
import type { ModelWeights } from "./weights.ts";

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };

/** One layer: attention and an MLP that read the residual stream and add to it; see {@link BlockConfig} for the orders. */
export class Block extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly hook_resid_pre: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_attn_in: HookPoint | undefined;
  readonly hook_q_input: HookPoint | undefined;
  readonly hook_k_input: HookPoint | undefined;
  readonly hook_v_input: HookPoint | undefined;
  readonly ln1: Norm | undefined;
  readonly attn: Attention;
  readonly ln1_post: Norm | undefined;
  readonly hook_attn_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_mid: HookPoint | undefined;
  readonly hook_mlp_in: HookPoint | undefined;
  readonly ln2: Norm | undefined;
  readonly mlp: Mlp | Experts;
  readonly ln2_post: Norm | undefined;
  readonly hook_mlp_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_post: HookPoint = new HookPoint(RESIDUAL);
  /** Where norms follow the sums: the stream as the next layer gets it. */
  readonly hook_normalized_resid_post: HookPoint | undefined;
  readonly config: BlockConfig;
  readonly #inputs: HeadInputs;
  readonly #run: RunHolder;
  /** Whether something besides attention reads what `ln1` gives: the MLP, or the stream itself. */
  readonly #isReadWhole: boolean;
  /** Where `ln1` stands behind inputs of each head: the same for what reads the stream as a whole. */
  readonly #wholeNorm: Norm | undefined;

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
    const norm = (name: (typeof config.norms)[number], axes?: readonly string[]): Norm | undefined =>
      config.norms.includes(name) ? new Norm(weights, `${path}.${name}`, config.norm, axes) : undefined;
    this.config = config;
    this.#run = run;
    this.#inputs = new HeadInputs(config.attention, points);
    this.#isReadWhole =
      config.order === "parallel" ? !config.norms.includes("ln2") : config.isResidualNormed === true;
    this.hook_attn_in = this.#inputs.hook_attn_in;
    this.hook_q_input = this.#inputs.hook_q_input;
    this.hook_k_input = this.#inputs.hook_k_input;
    this.hook_v_input = this.#inputs.hook_v_input;
    this.ln1 = norm("ln1", config.order === "post" ? undefined : this.#inputs.axes);
    if (this.#isReadWhole && this.#inputs.isByHead) this.#wholeNorm = norm("ln1");
    this.attn = new Attention(weights, `${path}.attn`, config.attention, run, points, bias);
    this.ln1_post = norm("ln1_post");
    if (config.order !== "parallel") this.hook_resid_mid = new HookPoint(RESIDUAL);
    if (points.has("hook_mlp_in")) this.hook_mlp_in = new HookPoint(RESIDUAL);
    this.ln2 = norm("ln2");
    this.mlp = hasExperts(config.mlp)
      ? new Experts(weights, `${path}.mlp`, config.mlp)
      : new Mlp(weights, `${path}.mlp`, config.mlp);
    this.ln2_post = norm("ln2_post");
    const foreseen = new Foreseen();
    for (const part of [this.ln1, this.ln2, this.mlp]) if (!(part instanceof Experts)) part?.join(foreseen);
    if (config.order === "post") this.hook_normalized_resid_post = new HookPoint(RESIDUAL);
  }

  override get axes(): readonly string[] {
    return RESIDUAL.axes;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const [batch = 1, pos = 1] = x.shape;
      const run = this.#run.of(batch, pos);
      const pre = run.atAll(() => this.hook_resid_pre.call(x));
      const [[queries, keys, values], whole] = run.atAll(() => this.#read(pre));
      const out = this.attn.call(run.wanted(queries), keys, values);
      return this.#afterAttention(run.wanted(pre), run.wanted(whole), out);
    });
  }

  /** @param whole The stream as others than attention read it. */
  #afterAttention(pre: Tensor, whole: Tensor, out: Tensor): Tensor {
    const scaled = this.#scaled(this.ln1_post?.call(out) ?? out);
    const attended = this.hook_attn_out.call(scaled);
    const { order } = this.config;
    if (order === "post") return this.#normAfter(pre, attended);
    return order === "parallel" ? this.#parallel(pre, whole, attended) : this.#sequential(whole, attended);
  }

  #sequential(whole: Tensor, attended: Tensor): Tensor {
    const { isResidualNormed } = this.config;
    const foreseen = this.#foresee(whole, attended);
    const mid = this.#mid(foreseen?.sum ?? add(whole, attended));
    const given = this.hook_mlp_in?.call(mid) ?? mid;
    const taken = this.ln2 === undefined ? given : this.ln2.call(given);
    const computed = this.hook_mlp_out.call(this.#scaled(this.#compute(taken)));
    const stream = isResidualNormed === true ? taken : mid;
    const isForeseen =
      foreseen !== undefined && isSame(foreseen.sum, stream) && isSame(foreseen.out, computed);
    return this.hook_resid_post.call(isForeseen ? foreseen.total : add(stream, computed));
  }

  /** Computes the MLP with the sum and the norm in front of it, where that is worth one operation. */
  #foresee(whole: Tensor, attended: Tensor): MlpSteps | undefined {
    const { ln2, mlp } = this;
    if (ln2?.weights === undefined || mlp instanceof Experts) return undefined;
    const steps = mlpBehind(whole, attended, ln2.weights, mlp.weights);
    if (steps === undefined) return undefined;
    ln2.foresee(steps.sum, steps.norm);
    mlp.foresee(steps.norm.output, steps);
    return steps;
  }

  #parallel(pre: Tensor, whole: Tensor, attended: Tensor): Tensor {
    // With one norm for both, the MLP reads what that gives.
    const given = this.hook_mlp_in?.call(whole) ?? whole;
    const taken = this.ln2?.call(given) ?? given;
    const computed = this.hook_mlp_out.call(this.#scaled(this.#compute(taken)));
    return this.hook_resid_post.call(add(add(pre, attended), computed));
  }

  #normAfter(pre: Tensor, attended: Tensor): Tensor {
    const mid = this.#mid(add(pre, attended));
    const normed = this.ln1?.call(mid) ?? mid;
    const given = this.hook_mlp_in?.call(normed) ?? normed;
    const post = this.hook_resid_post.call(add(normed, this.hook_mlp_out.call(this.#compute(given))));
    const out = this.ln2?.call(post) ?? post;
    return this.hook_normalized_resid_post?.call(out) ?? out;
  }

  #mid(x: Tensor): Tensor {
    return this.hook_resid_mid?.call(x) ?? x;
  }

  /**
   * What attention reads, and what else reads the stream: as it is, or through the same norm. The norm runs for queries,
   * keys and values each, as in TransformerLens: a hook in it may tell them apart, and each has its own gradient.
   */
  #read(pre: Tensor): readonly [Inputs, Tensor] {
    const { ln1 } = this;
    const [queries, keys, values] = this.#inputs.of(pre);
    if (ln1 === undefined || this.config.order === "post") return [[queries, keys, values], pre];
    if ([queries, keys, values].every((each) => each === pre)) this.attn.foreseeBehind(ln1, pre);
    return ln1.sharing(() => {
      const inputs = [ln1.call(queries), ln1.call(keys), ln1.call(values)] as const;
      return [inputs, this.#isReadWhole ? (this.#wholeNorm ?? ln1).call(pre) : pre];
    });
  }

  #compute(x: Tensor): Tensor {
    const out = this.mlp.call(x);
    return this.ln2_post?.call(out) ?? out;
  }

  #scaled(x: Tensor): Tensor {
    const { residualScale } = this.config;
    return residualScale === undefined ? x : mul(x, residualScale);
  }
}

function hasExperts(config: MlpConfig): config is MlpConfig & { readonly experts: ExpertsConfig } {
  return config.experts !== undefined;
}
