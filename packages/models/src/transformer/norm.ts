import { HookPoint, Module } from "@hookdict/core";
import { add, mean, mul, div, sqrt, square, sub, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { affine, layerNormSteps, normalize } from "../ops/layer-norm.ts";
import { divideByScale, multiplyByGain, rmsNormSteps } from "../ops/rms-norm.ts";
import type { NormConfig } from "./config.ts";
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

  override forward(x: Tensor): Tensor {
    const { gain, bias } = this;
    return tidy(() => {
      if (gain?.rank !== 1 || (this.#config.kind === "rms") !== (bias === undefined))
        return this.#composed(x);
      return bias === undefined ? this.#rms(x, gain) : this.#layer(x, gain, bias);
    });
  }

  #layer(x: Tensor, gain: Tensor, bias: Tensor): Tensor {
    const steps = layerNormSteps(x, { gain, bias }, this.#config.epsilon);
    const scale = this.hook_scale.call(steps.scale);
    // Where a hook gave another tensor, the steps after it are computed anew.
    const isOwn = scale === steps.scale;
    const quotient = normalize(x, scale, isOwn ? steps.normalized : undefined);
    const normalized = this.hook_normalized.call(quotient);
    return affine(normalized, { gain, bias }, isOwn && normalized === quotient ? steps.output : undefined);
  }

  #rms(x: Tensor, gain: Tensor): Tensor {
    const steps = rmsNormSteps(x, gain, this.#config.epsilon);
    const scale = this.hook_scale.call(steps.scale);
    const isOwn = scale === steps.scale;
    const quotient = divideByScale(x, scale, isOwn ? steps.normalized : undefined);
    const normalized = this.hook_normalized.call(quotient);
    return multiplyByGain(normalized, gain, isOwn && normalized === quotient ? steps.output : undefined);
  }

  /** With a gain for each head, or without gain or bias: what few families have. */
  #composed(x: Tensor): Tensor {
    const { kind, epsilon } = this.#config;
    const rest = kind === "rms" ? x : sub(x, mean(x, -1, true));
    const scale = this.hook_scale.call(sqrt(add(mean(square(rest), -1, true), epsilon)));
    const normalized = this.hook_normalized.call(div(rest, scale));
    const gained = this.gain === undefined ? normalized : mul(normalized, this.gain);
    return this.bias === undefined ? gained : add(gained, this.bias);
  }
}
