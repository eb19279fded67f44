import type { LogitsStep } from "../logits-step.ts";

/**
 * Makes tokens of the row less likely: positive logits are divided by the penalty, negative ones multiplied. Keskar et al.
 * 2019 (CTRL), section 4.1.
 */
export function repetitionPenalty(penalty: number): LogitsStep {
  return {
    name: "repetitionPenalty",
    apply(logits, soFar) {
      for (const id of new Set(soFar)) {
        const logit = logits[id] ?? 0;
        logits[id] = logit > 0 ? logit / penalty : logit * penalty;
      }
    },
  };
}
