import type { Pick } from "../pick.ts";
import { probabilities } from "../probabilities.ts";

/** A token at random, each as often as it is likely. */
export const sample: Pick = {
  name: "sample",
  pick(logits, random) {
    const chances = probabilities(logits);
    const drawn = random();
    let sum = 0;
    let last = 0;
    for (const [id, chance] of chances.entries()) {
      if (chance === 0) continue;
      sum += chance;
      last = id;
      if (drawn < sum) return id;
    }
    return last; // rounding left a rest
  },
};
