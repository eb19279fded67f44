import { HookPoint, Module } from "@hookdict/core";
import { isTaping } from "@hookdict/tensordict/tensors";
import { add, mean, mul, div, sqrt, square, sub, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { affine, layerNormSteps, normalize } from "../ops/layer-norm.ts";
import { Memo } from "../ops/memo.ts";
import { divideByScale, multiplyByGain, rmsNormSteps } from "../ops/rms-norm.ts";
import type { NormSteps, NormWeights } from "../ops/norm-steps.ts";
import type { NormConfig } from "./config.ts";
import type { Foreseen } from "./foreseen.ts";
import type { ModelWeights } from "./weights.ts";

/**
 * A layer norm or an RMS norm over the last axis. `hook_scale` sees what is divided by, `[..., 1]`, `hook_normalized`
 * the value before gain and bias, as in TransformerLens.
 */
export class Norm extends Module {
  readonly hook_scale: HookPoint;
  readonly hook_normalized: HookPoint;
  /** `[n]`, or `[head, n]` where every head has its own; absent in norms without. */
  readonly gain: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly #config: NormConfig;
  readonly #axes: readonly string[];
  #memo: Memo | undefined;
  #foreseen: Foreseen | undefined;

  /** **Ownership:** *borrows* the weights. */
  constructor(
    weights: ModelWeights,
    path: string,
    config: NormConfig,
    axes: readonly string[] = ["batch", "pos", "dModel"],
  ) {
    super();
    this.hook_scale = new HookPoint({ axes: [...axes.slice(0, -1), "one"] });
    this.hook_normalized = new HookPoint({ axes });
    this.gain = weights.find(`${path}.weight`);
    this.bias = weights.find(`${path}.bias`);
    this.#config = config;
    this.#axes = axes;
  }

  override get axes(): readonly string[] {
    return this.#axes;
  }

  /** Has the norm ask there before it computes. */
  join(foreseen: Foreseen): void {
    this.#foreseen = foreseen;
  }

  /** What it computes with, where that is one gain and perhaps a bias, as most families have them. */
  get weights(): NormWeights | undefined {
    const { gain, bias } = this;
    const { kind, epsilon } = this.#config;
    return gain?.rank === 1 && (kind === "rms") === (bias === undefined)
      ? { gain, bias, epsilon }
      : undefined;
  }

  /** Says what the norm will give for `x`. **Ownership:** the steps belong to the scope of whoever says it. */
  foresee(x: Tensor, steps: NormSteps): void {
    this.#foreseen?.put(this, [x], steps);
  }

  #known(x: Tensor): NormSteps | undefined {
    return this.#foreseen?.take<NormSteps>(this, [x]);
  }

  /**
   * Runs `fn`, in which calls share what they compute: each passes the hook points, and only what a hook changed is
   * computed anew. What is shared belongs to the scope in which `sharing` is called.
   */
  sharing<T>(fn: () => T): T {
    const outer = this.#memo;
    this.#memo = new Memo();
    try {
      return fn();
    } finally {
      this.#memo = outer;
    }
  }

  override forward(x: Tensor): Tensor {
    const memo = this.#memo;
    return memo === undefined ? tidy(() => this.#normalize(x, new Memo())) : this.#normalize(x, memo);
  }

  #normalize(x: Tensor, memo: Memo): Tensor {
    const { weights } = this;
    if (weights === undefined) return this.#composed(x, memo);
    const { gain, bias } = weights;
    return bias === undefined ? this.#rms(x, gain, memo) : this.#layer(x, gain, bias, memo);
  }

  #layer(x: Tensor, gain: Tensor, bias: Tensor, memo: Memo): Tensor {
    const weights = { gain, bias };
    const steps = memo.get(
      "steps",
      [x],
      () => this.#known(x) ?? layerNormSteps(x, weights, this.#config.epsilon),
    );
    const scale = this.hook_scale.call(steps.scale);
    // Where a hook gave another tensor, the steps after it are computed anew.
    const isOwn = scale === steps.scale;
    const isFree = isOwn && !isTaping(); // without gradients, what is known need not be an output of its own
    const quotient = isFree
      ? steps.normalized
      : memo.get("normalized", [x, scale], () => normalize(x, scale, isOwn ? steps.normalized : undefined));
    const normalized = this.hook_normalized.call(quotient);
    const known = isOwn && normalized === quotient ? steps.output : undefined;
    if (isFree && known !== undefined) return known;
    return memo.get("output", [normalized], () => affine(normalized, weights, known));
  }

  #rms(x: Tensor, gain: Tensor, memo: Memo): Tensor {
    const steps = memo.get("steps", [x], () => this.#known(x) ?? rmsNormSteps(x, gain, this.#config.epsilon));
    const scale = this.hook_scale.call(steps.scale);
    const isOwn = scale === steps.scale;
    const isFree = isOwn && !isTaping();
    const quotient = isFree
      ? steps.normalized
      : memo.get("normalized", [x, scale], () =>
          divideByScale(x, scale, isOwn ? steps.normalized : undefined),
        );
    const normalized = this.hook_normalized.call(quotient);
    const known = isOwn && normalized === quotient ? steps.output : undefined;
    if (isFree && known !== undefined) return known;
    return memo.get("output", [normalized], () => multiplyByGain(normalized, gain, known));
  }

  /** With a gain for each head, or without gain or bias: what few families have. */
  #composed(x: Tensor, memo: Memo): Tensor {
    const { kind, epsilon } = this.#config;
    const rest = memo.get("rest", [x], () => (kind === "rms" ? x : sub(x, mean(x, -1, true))));
    const deviation = memo.get("scale", [x], () => sqrt(add(mean(square(rest), -1, true), epsilon)));
    const scale = this.hook_scale.call(deviation);
    const quotient = memo.get("normalized", [x, scale], () => div(rest, scale));
    const normalized = this.hook_normalized.call(quotient);
    return memo.get("output", [normalized], () => {
      const gained = this.gain === undefined ? normalized : mul(normalized, this.gain);
      return this.bias === undefined ? gained : add(gained, this.bias);
    });
  }
}
