import { mul, sub } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";

/** The source's value taken from the base's. */
export const subtraction: TrainableKind = {
  name: "subtraction",
  hasSource: true,
  dims: ({ width }) => width,
  weights: () => ({}),
  change: ({ base, source = base, chosen }) => sub(base, mul(source, chosen)),
};
