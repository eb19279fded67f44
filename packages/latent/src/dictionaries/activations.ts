import type { FeatureActivation } from "./activations/activation.ts";
import { batchTopKFeatures } from "./activations/batch-top-k.ts";
import { gatedFeatures } from "./activations/gated.ts";
import { jumpReluFeatures } from "./activations/jump-relu.ts";
import { reluFeatures } from "./activations/relu.ts";
import { topKFeatures } from "./activations/top-k.ts";

/** Every way in which features come from preactivations. */
export const FEATURE_ACTIVATIONS: readonly FeatureActivation[] = [
  reluFeatures,
  jumpReluFeatures,
  topKFeatures,
  batchTopKFeatures,
  gatedFeatures,
];
