import type { LogitsStep } from "../logits-step.ts";
import { probabilities, ranked } from "../probabilities.ts";

/** Leaves the fewest tokens whose probabilities add up to p. Holtzman et al. 2020 (nucleus sampling). */
export function topP(p: number): LogitsStep {
  return {
    name: "topP",
    apply(logits) {
      const chances = probabilities(logits);
      let before = 0;
      for (const id of ranked(logits)) {
        // The token that crosses p stays.
        if (before >= p) logits[id] = -Infinity;
        before += chances[id] ?? 0;
      }
    },
  };
}
