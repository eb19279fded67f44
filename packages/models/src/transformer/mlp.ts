import { HookPoint, Module } from "@hookdict/core";
import { mul, tidy, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { type ActivationName, ACTIVATIONS } from "../ops/activations.ts";
import { linear } from "../ops/linear.ts";
import type { Parameters } from "./parameters.ts";

const HIDDEN = { axes: ["batch", "pos", "dMlp"] };

/** Sizes and activation of an MLP. */
export interface MlpSizes {
  readonly dModel: number;
  readonly dMlp: number;
  readonly activation: ActivationName;
}

/** Two linear layers and an activation between them: `hook_pre` before it, `hook_post` after it. */
export class PlainMlp extends Module {
  readonly hook_pre: HookPoint = new HookPoint(HIDDEN);
  readonly hook_post: HookPoint = new HookPoint(HIDDEN);
  readonly #sizes: MlpSizes;
  readonly #parameters: Parameters;
  readonly #name: string;

  /** **Ownership:** *borrows* the parameters. */
  constructor(sizes: MlpSizes, parameters: Parameters, name: string) {
    super();
    this.#sizes = sizes;
    this.#parameters = parameters;
    this.#name = name;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    const { dModel, dMlp, activation } = this.#sizes;
    return tidy(() => {
      const pre = this.hook_pre.call(dense(x, this.#parameters, this.#name, "in", dMlp));
      const post = this.hook_post.call(tidy(() => ACTIVATIONS[activation](pre)));
      return dense(post, this.#parameters, this.#name, "out", dModel);
    });
  }
}

/** An MLP with a gate: `act(x W_gate) * (x W_in)`; `hook_pre` is the gate, `hook_pre_linear` the other factor. */
export class GatedMlp extends Module {
  readonly hook_pre: HookPoint = new HookPoint(HIDDEN);
  readonly hook_pre_linear: HookPoint = new HookPoint(HIDDEN);
  readonly hook_post: HookPoint = new HookPoint(HIDDEN);
  readonly #sizes: MlpSizes;
  readonly #parameters: Parameters;
  readonly #name: string;

  /** **Ownership:** *borrows* the parameters. */
  constructor(sizes: MlpSizes, parameters: Parameters, name: string) {
    super();
    this.#sizes = sizes;
    this.#parameters = parameters;
    this.#name = name;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    const { dModel, dMlp, activation } = this.#sizes;
    return tidy(() => {
      const pre = this.hook_pre.call(dense(x, this.#parameters, this.#name, "gate", dMlp));
      const other = this.hook_pre_linear.call(dense(x, this.#parameters, this.#name, "in", dMlp));
      const post = this.hook_post.call(tidy(() => mul(ACTIVATIONS[activation](pre), other)));
      return dense(post, this.#parameters, this.#name, "out", dModel);
    });
  }
}

/** `x W_suffix + b_suffix` of the parameters under a name. */
export function dense(
  x: Tensor,
  parameters: Parameters,
  name: string,
  suffix: string,
  width: number,
): Tensor {
  const weight = parameters.get(`${name}.W_${suffix}`) as Tensor2D; // [in, out]
  const bias = parameters.bias(`${name}.b_${suffix}`, width) as Tensor1D;
  return linear(x, weight, bias);
}
