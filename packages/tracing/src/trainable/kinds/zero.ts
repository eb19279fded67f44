import { mul, sub } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";

/** Nothing in place of the base's value. */
export const zero: TrainableKind = {
  name: "zero",
  hasSource: false,
  dims: ({ width }) => width,
  weights: () => ({}),
  change: ({ base, chosen }) => mul(base, sub(1, chosen)),
};
