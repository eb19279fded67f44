import type { DimensionEstimator } from "./dimension.ts";
import { gride, likelihoodDimension } from "./likelihood.ts";
import { localKnn } from "./local-knn.ts";
import { caPca, localPca } from "./local-pca.ts";
import { pcaSpectrum } from "./spectrum.ts";
import { twoNn } from "./two-nn.ts";

/** Every estimator of intrinsic dimension, with its own defaults. */
export const DIMENSION_ESTIMATORS: readonly DimensionEstimator[] = [
  caPca,
  gride,
  likelihoodDimension,
  localKnn,
  localPca,
  pcaSpectrum,
  twoNn,
];
