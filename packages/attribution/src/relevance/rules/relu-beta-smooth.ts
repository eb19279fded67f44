import { option, readOptions } from "@hookdict/contexts";
import { mul, sigmoid } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

const OPTIONS = { beta: option.number().default(10) };

/** A ReLU's gradient with a smooth step: `sigmoid(beta x) g`. @see Dombrowski et al., https://arxiv.org/abs/1906.07983 */
export function reluBetaSmooth(options: { readonly beta?: number } = {}): RelevanceRule {
  const { beta } = readOptions("reluBetaSmooth", OPTIONS, options);
  return {
    name: "reluBetaSmooth",
    options: { beta },
    pass: ({ inputs, relevance }) => inputs.map((x) => mul(sigmoid(mul(x, beta)), relevance)),
  };
}
