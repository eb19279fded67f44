import { add, mul, sub } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";

/** The source's value in place of the base's. */
export const interchange: TrainableKind = {
  name: "interchange",
  hasSource: true,
  dims: ({ width }) => width,
  weights: () => ({}),
  // Each is multiplied by 1 or 0: what is taken over is exact.
  change: ({ base, source = base, chosen }) => add(mul(base, sub(1, chosen)), mul(source, chosen)),
};
