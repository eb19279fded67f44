import { add, mul } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";

/** The source's value added to the base's. */
export const addition: TrainableKind = {
  name: "addition",
  hasSource: true,
  dims: ({ width }) => width,
  weights: () => ({}),
  change: ({ base, source = base, chosen }) => add(base, mul(source, chosen)),
};
