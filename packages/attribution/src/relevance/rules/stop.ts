import { zerosLike } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

/** Nothing goes on. */
export function stop(): RelevanceRule {
  return { name: "stop", options: {}, pass: ({ inputs }) => inputs.map((each) => zerosLike(each)) };
}
