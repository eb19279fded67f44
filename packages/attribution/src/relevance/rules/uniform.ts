import { div } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

/** The same share to each factor of an elementwise product. @see https://arxiv.org/abs/2402.05602 */
export function uniform(): RelevanceRule {
  return {
    name: "uniform",
    options: {},
    pass: ({ inputs, relevance }) => inputs.map(() => div(relevance, inputs.length)),
  };
}
