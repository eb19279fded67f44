import { add, gather, matMul, tanh, type Tensor } from "@tensorflow/tfjs-core";
import type { FunctionModel } from "../functions/function-model.ts";
import { hookFunction } from "../functions/hook-function.ts";
import { site } from "../functions/site.ts";
import { type TinyOptions, tinyTensors } from "./tiny-weights.ts";

/** A tiny model and what frees its weights. */
export interface TinyFunction {
  readonly model: FunctionModel<readonly [tokens: Tensor], Tensor>;
  readonly dispose: () => void;
  [Symbol.dispose](): void;
}

/**
 * The tiny model as a plain function: the values `embed`, `mix` (twice) and `head` are its sites.
 *
 * **Ownership:** returns owned: `dispose` frees the weights.
 */
export function tinyFunction(options: TinyOptions = {}): TinyFunction {
  const { table, mixKernel, mixBias, headKernel, headBias } = tinyTensors(options);
  const mix = (x: Tensor): Tensor => site("mix", tanh(add(matMul(x, mixKernel), mixBias)));
  const tiny = (tokens: Tensor): Tensor =>
    site("head", add(matMul(mix(mix(site("embed", gather(table, tokens)))), headKernel), headBias));
  const axes = ["batch", "pos", "unit"];
  const model = hookFunction<readonly [tokens: Tensor], Tensor>(tiny, {
    sites: { embed: axes, mix: axes, head: axes },
  });
  const dispose = (): void => {
    for (const weight of [table, mixKernel, mixBias, headKernel, headBias]) weight.dispose();
  };
  return { model, dispose, [Symbol.dispose]: dispose };
}
