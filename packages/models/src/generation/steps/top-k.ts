import type { LogitsStep } from "../logits-step.ts";
import { ranked } from "../probabilities.ts";

/** Leaves the k most likely tokens, and those that are as likely as the last of them. Fan et al. 2018. */
export function topK(k: number): LogitsStep {
  return {
    name: "topK",
    apply(logits) {
      const last = logits[ranked(logits)[Math.min(k, logits.length) - 1] ?? 0] ?? -Infinity;
      for (const [id, logit] of logits.entries()) if (logit < last) logits[id] = -Infinity;
    },
  };
}
