import type { LogitsStep } from "../logits-step.ts";

/** Takes the penalty from the logit of every token that the row has. */
export function presencePenalty(penalty: number): LogitsStep {
  return {
    name: "presencePenalty",
    apply(logits, soFar) {
      for (const id of new Set(soFar)) logits[id] = (logits[id] ?? 0) - penalty;
    },
  };
}
