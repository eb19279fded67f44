import { mul, sub, sum } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

/** `x (R - s sum R)` for a softmax `s`: AttnLRP, proposition 3.1. @see https://arxiv.org/abs/2402.05602 */
export function softmaxRule(): RelevanceRule {
  return {
    name: "softmaxRule",
    options: {},
    pass: ({ inputs, output, relevance }) =>
      inputs.map((x) => mul(x, sub(relevance, mul(output, sum(relevance, -1, true))))),
  };
}
