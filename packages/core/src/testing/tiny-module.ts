import { argumentInvalid, isTensor } from "@hookdict/tensordict";
import { add, gather, matMul, tanh, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { HookPoint } from "../modules/hook-point.ts";
import { Module } from "../modules/module.ts";
import { type TinyOptions, tinyTensors } from "./tiny-weights.ts";

/** Inputs of every tiny model: int32 tokens `[2, 3]`. **Ownership:** returns owned. */
export function tinyTokens(): Tensor2D {
  return tensor2d([0, 3, 6, 5, 1, 2], [2, 3], "int32");
}

/** A dense layer. `[batch, pos, in]` → `[batch, pos, out]`. **Ownership:** takes its weights. */
class Dense extends Module {
  readonly kernel: Tensor;
  readonly bias: Tensor;

  constructor(kernel: Tensor, bias: Tensor) {
    super();
    this.kernel = kernel;
    this.bias = bias;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "unit"];
  }

  override forward(x: Tensor): Tensor {
    return add(matMul(x, this.kernel), this.bias);
  }
}

class Mix extends Dense {
  override forward(x: Tensor): Tensor {
    return tanh(super.forward(x));
  }
}

/**
 * A small model of one's own: int32 tokens `[batch, pos]` → `[batch, pos, 2]`, with the sites `embed` (a point), `mix`
 * (one module that runs twice) and `head`. All tiny models compute the same for the same seed.
 */
export class TinyModule extends Module {
  readonly table: Tensor;
  readonly embed: HookPoint = new HookPoint({ axes: ["batch", "pos", "unit"] });
  readonly mix: Mix;
  readonly head: Dense;

  constructor(options: TinyOptions = {}) {
    super();
    const { table, mixKernel, mixBias, headKernel, headBias } = tinyTensors(options);
    this.table = table;
    this.mix = new Mix(mixKernel, mixBias);
    this.head = new Dense(headKernel, headBias);
  }

  override forward(tokens: Tensor): Tensor {
    if (!isTensor(tokens) || tokens.isDisposed || tokens.dtype !== "int32" || tokens.rank !== 2)
      throw argumentInvalid("TinyModule", "tokens", tokens, "an int32 tensor [batch, pos]");
    const embedded = this.embed.call(gather(this.table, tokens));
    return this.head.call(this.mix.call(this.mix.call(embedded)));
  }

  /** Frees the weights. */
  dispose(): void {
    const weights = [this.table, this.mix.kernel, this.mix.bias, this.head.kernel, this.head.bias];
    for (const weight of weights) weight.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
