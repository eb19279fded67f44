import type { Pick } from "../pick.ts";

/** The likeliest token; of equal ones the lowest id. */
export const greedy: Pick = {
  name: "greedy",
  pick(logits) {
    let best = 0;
    for (const [id, logit] of logits.entries()) if (logit > (logits[best] ?? -Infinity)) best = id;
    return best;
  },
};
