import { HookPoint, Module } from "@hookdict/core";
import { add, div, mul, sqrt, square, sum, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { affine, layerNormSteps, normalize } from "../ops/layer-norm.ts";
import type { NormConfig } from "./config.ts";
import type { Parameters } from "./parameters.ts";

/**
 * A layer norm or RMS norm: `hook_scale` is what rows are divided by, `hook_normalized` what comes of it, before gain
 * and bias.
 */
export class Norm extends Module {
  readonly hook_scale: HookPoint;
  readonly hook_normalized: HookPoint;
  readonly #config: NormConfig;
  readonly #axes: readonly string[];
  readonly #gain: Tensor | undefined;
  readonly #bias: Tensor | undefined;
  readonly #zeros: Tensor | undefined;

  /** **Ownership:** *borrows* the parameters. */
  constructor(
    config: NormConfig,
    parameters: Parameters,
    name: string,
    axes: readonly string[] = ["batch", "pos", "dModel"],
  ) {
    super();
    this.#config = config;
    this.#axes = axes;
    this.hook_scale = new HookPoint({ axes: [...axes.slice(0, -1), "one"] });
    this.hook_normalized = new HookPoint({ axes });
    this.#gain = config.hasGain ? parameters.get(`${name}.w`) : undefined;
    this.#bias = config.hasBias ? parameters.get(`${name}.b`) : undefined;
    if (this.#gain?.rank === 1) this.#zeros = parameters.zeros(this.#gain.size);
  }

  override get axes(): readonly string[] {
    return this.#axes;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => (this.#isFused ? this.#fused(x) : this.#composed(x)));
  }

  get #isFused(): boolean {
    return this.#config.kind === "layer" && this.#gain?.rank === 1 && this.#config.isGainPlusOne !== true;
  }

  #fused(x: Tensor): Tensor {
    const weights = { gain: this.#gain as Tensor, bias: (this.#bias ?? this.#zeros) as Tensor }; // as #isFused says
    const steps = layerNormSteps(x, weights, this.#config.epsilon);
    const scale = this.hook_scale.call(steps.scale);
    const isOwn = scale === steps.scale;
    const quotient = normalize(x, scale, isOwn ? steps.normalized : undefined);
    const normalized = this.hook_normalized.call(quotient);
    return affine(normalized, weights, isOwn && normalized === quotient ? steps.output : undefined);
  }

  #composed(x: Tensor): Tensor {
    const rest = this.#config.kind === "layer" ? add(x, mul(rowMean(x), -1)) : x;
    const scale = this.hook_scale.call(sqrt(add(rowMean(square(rest)), this.#config.epsilon)));
    const normalized = this.hook_normalized.call(mul(rest, div(1, scale)));
    const gain = this.#gain;
    if (gain === undefined) return normalized;
    const scaled = mul(normalized, this.#config.isGainPlusOne === true ? add(gain, 1) : gain);
    return this.#bias === undefined ? scaled : add(scaled, this.#bias);
  }
}

function rowMean(x: Tensor): Tensor {
  return mul(sum(x, -1, true), 1 / (x.shape.at(-1) ?? 1));
}
