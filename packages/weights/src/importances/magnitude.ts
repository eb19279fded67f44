import { abs } from "@tensorflow/tfjs-core";
import type { Importance } from "./importance.ts";

/** `|w|`. @see Han et al., https://arxiv.org/abs/1506.02626 */
export const magnitude: Importance = {
  name: "magnitude",
  needs: [],
  score: (_model, weights) => weights.map(({ tensor }) => abs(tensor)),
};
