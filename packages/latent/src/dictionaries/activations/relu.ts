import { relu } from "@tensorflow/tfjs-core";
import type { FeatureActivation } from "./activation.ts";

/** What is above 0. */
export const reluFeatures: FeatureActivation = {
  name: "relu",
  bias: "bEnc",
  weights: {},
  needsK: false,
  activate: (preactivations) => relu(preactivations),
};
