import { StreamingLogistic } from "./logistic.ts";
import { StreamingMeanDifference } from "./mean-difference.ts";
import { StreamingRidge } from "./ridge.ts";
import type { StreamingEstimator } from "./streaming.ts";

/** Every estimator that sees its examples a batch at a time. */
export const STREAMING_ESTIMATORS: readonly (new () => StreamingEstimator)[] = [
  StreamingLogistic,
  StreamingMeanDifference,
  StreamingRidge,
];
