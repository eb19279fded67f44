import type { Pick } from "../pick.ts";

/** The likeliest token; of equal ones the lowest id. */
export const greedy: Pick = {
  name: "greedy",
  pick(logits) {
    let [best, most] = [0, -Infinity];
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] as number; // below the length
      if (logit > most) [best, most] = [id, logit];
    }
    return best;
  },
};
