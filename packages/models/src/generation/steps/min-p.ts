import type { LogitsStep } from "../logits-step.ts";

/** Leaves tokens that are at least `p` times as likely as the likeliest. Nguyen et al. 2024. */
export function minP(p: number): LogitsStep {
  return {
    name: "minP",
    apply(logits) {
      // p times the highest probability is log p below the highest logit.
      const lowest = logits.reduce((a, b) => Math.max(a, b), -Infinity) + Math.log(p);
      for (const [id, logit] of logits.entries()) if (logit < lowest) logits[id] = -Infinity;
    },
  };
}
