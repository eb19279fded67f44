import type { LogitsStep } from "../logits-step.ts";

/** Divides logits: below 1 likely tokens become likelier, above 1 all become more alike. */
export function temperature(value: number): LogitsStep {
  return {
    name: "temperature",
    apply(logits) {
      for (const [id, logit] of logits.entries()) logits[id] = logit / value;
    },
  };
}
