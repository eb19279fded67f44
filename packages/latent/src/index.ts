export { ActivationCaching } from "./activation-caching.ts";
export type { ActivationCachingClass, ActivationCachingOptions } from "./activation-caching.ts";
export { ActivationPatching } from "./activation-patching.ts";
export type { ActivationPatchingOptions, Patch } from "./activation-patching.ts";
export type { AxisIndices } from "./axes.ts";
export { DIMENSION_ESTIMATORS } from "./dimension/estimators.ts";
export type { DimensionEstimator, DimensionResult, LocalDimensionResult } from "./dimension/dimension.ts";
export { gride, likelihoodDimension } from "./dimension/likelihood.ts";
export type {
  GrideOptions,
  GrideResult,
  LikelihoodDimensionOptions,
  LikelihoodDimensionResult,
} from "./dimension/likelihood.ts";
export { localKnn } from "./dimension/local-knn.ts";
export type { LocalKnnOptions } from "./dimension/local-knn.ts";
export { caPca, localPca } from "./dimension/local-pca.ts";
export type { CaPcaOptions, LocalPcaOptions } from "./dimension/local-pca.ts";
export { pcaSpectrum } from "./dimension/spectrum.ts";
export type { PcaSpectrumResult } from "./dimension/spectrum.ts";
export { twoNn } from "./dimension/two-nn.ts";
export type { TwoNnOptions } from "./dimension/two-nn.ts";
export { cca, pwcca, svcca } from "./similarity/cca.ts";
export type { CcaResult, PwccaResult, SvccaOptions, SvccaResult } from "./similarity/cca.ts";
export { cka } from "./similarity/cka.ts";
export type { CkaOptions, CkaResult } from "./similarity/cka.ts";
export { informationImbalance } from "./similarity/information-imbalance.ts";
export type {
  InformationImbalanceOptions,
  InformationImbalanceResult,
} from "./similarity/information-imbalance.ts";
export { SIMILARITY_MEASURES } from "./similarity/measures.ts";
export { cknna, mutualKnn } from "./similarity/neighbour-overlap.ts";
export type { NeighbourOptions } from "./similarity/neighbour-overlap.ts";
export { procrustes } from "./similarity/procrustes.ts";
export type { ProcrustesOptions, ProcrustesResult } from "./similarity/procrustes.ts";
export { rsa } from "./similarity/rsa.ts";
export type { RsaOptions, RsaResult } from "./similarity/rsa.ts";
export type { SimilarityMeasure, SimilarityResult } from "./similarity/similarity.ts";
