import { clone } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../../errors.ts";
import type { RelevanceRule } from "../rule.ts";

/** Relevance as it arrives: for activations and norms. */
export function pass(): RelevanceRule {
  return {
    name: "pass",
    options: {},
    pass: ({ relevance, inputs }) => {
      if (inputs.length !== 1) throw ruleUnfit("pass", `a place of ${inputs.length} inputs`);
      return [clone(relevance)];
    },
  };
}
