import { relu } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

/** What arrives at a ReLU, only what is positive of it: deconvolution. */
export function reluDeconvnet(): RelevanceRule {
  return { name: "reluDeconvnet", options: {}, pass: ({ relevance }) => [relu(relevance)] };
}
