import { relu } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

/** A ReLU's gradient, only what is positive of it: guided backpropagation. */
export function reluGuided(): RelevanceRule {
  return { name: "reluGuided", options: {}, pass: ({ gradients }) => gradients.map((each) => relu(each)) };
}
