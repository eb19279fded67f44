import type { LogitsStep } from "../logits-step.ts";

/** Takes the penalty from a token's logit once for each time that the row has it. */
export function frequencyPenalty(penalty: number): LogitsStep {
  return {
    name: "frequencyPenalty",
    apply(logits, soFar) {
      for (const id of soFar) logits[id] = (logits[id] ?? 0) - penalty;
    },
  };
}
