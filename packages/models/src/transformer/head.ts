import { HookPoint, Module } from "@hookdict/core";
import { add, mul, tanh, tidy, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "../ops/activations.ts";
import { linear, linearTransposed } from "../ops/linear.ts";
import type { HeadConfig, TransformerConfig } from "./config.ts";
import { Norm } from "./norm.ts";
import type { Parameters } from "./parameters.ts";

/** From the residual stream to logits: `hook_in`, `hook_out` `[batch, pos, dVocab]`. */
export class TransformerUnembed extends Module {
  readonly hook_in: HookPoint;
  readonly hook_out: HookPoint;
  readonly #parameters: Parameters;
  readonly #hasBias: boolean;
  readonly #axes: readonly string[];

  /** **Ownership:** *borrows* the parameters. */
  constructor(parameters: Parameters, hasBias: boolean, isPooled: boolean) {
    super();
    this.#parameters = parameters;
    this.#hasBias = hasBias;
    const rows = isPooled ? ["batch"] : ["batch", "pos"];
    this.#axes = [...rows, isPooled ? "class" : "dVocab"];
    this.hook_in = new HookPoint({ axes: [...rows, "dModel"] });
    this.hook_out = new HookPoint({ axes: this.#axes });
  }

  override get axes(): readonly string[] {
    return this.#axes;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const rows = (this.#parameters.find("unembed") ?? this.#parameters.get("W_E")) as Tensor2D; // [dVocab, width]
      const product = linearTransposed(this.hook_in.call(x), rows);
      return this.hook_out.call(this.#hasBias ? add(product, this.#parameters.get("b_U")) : product);
    });
  }
}

/** The dense layer, activation and norm of a masked language model's head. */
export class MaskedHead extends Module {
  readonly ln: Norm;
  readonly #config: NonNullable<HeadConfig["transform"]>;
  readonly #parameters: Parameters;

  /** **Ownership:** *borrows* the parameters. */
  constructor(config: NonNullable<HeadConfig["transform"]>, parameters: Parameters) {
    super();
    this.#config = config;
    this.#parameters = parameters;
    this.ln = new Norm(config.norm, parameters, "mlm_head.ln", ["batch", "pos", "dEmbed"]);
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dEmbed"];
  }

  override forward(x: Tensor): Tensor {
    const weight = this.#parameters.get("mlm_head.W") as Tensor2D; // [dModel, width]
    const bias = this.#parameters.get("mlm_head.b") as Tensor1D;
    return tidy(() => this.ln.call(ACTIVATIONS[this.#config.activation](linear(x, weight, bias))));
  }
}

/** Scales and caps logits as the config says. */
export function finishLogits({ scale, cap }: HeadConfig, logits: Tensor): Tensor {
  const scaled = scale === 1 ? logits : mul(logits, scale);
  return cap === undefined ? scaled : mul(tanh(mul(scaled, 1 / cap)), cap);
}

/** What the unembedding reads of a normalised residual stream. */
export function headInput(config: TransformerConfig, parameters: Parameters, x: Tensor): Tensor {
  const { projection, inputScale } = config.head;
  if (inputScale !== undefined) return mul(x, inputScale);
  if (projection === undefined) return x;
  const weight = parameters.get("W_project_out") as Tensor2D; // [dModel, width]
  return linear(x, weight, parameters.zeros(projection.width) as Tensor1D);
}
