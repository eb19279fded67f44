import { mul, sigmoid } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

/** A ReLU's gradient with a smooth step: `sigmoid(beta x) g`. @see Dombrowski et al., https://arxiv.org/abs/1906.07983 */
export function reluBetaSmooth({ beta = 10 }: { readonly beta?: number } = {}): RelevanceRule {
  return {
    name: "reluBetaSmooth",
    options: { beta },
    pass: ({ inputs, relevance }) => inputs.map((x) => mul(sigmoid(mul(x, beta)), relevance)),
  };
}
