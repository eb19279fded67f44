import { add, mul } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";

/** A learned vector added to the base's value. */
export const steering: TrainableKind = {
  name: "steering",
  hasSource: false,
  dims: ({ width }) => width,
  weights: ({ width }) => ({ vector: { shape: [width], deviation: 0, mean: 0 } }),
  change: ({ base, weights, chosen }) => add(base, mul(weights["vector"] ?? 0, chosen)),
};
