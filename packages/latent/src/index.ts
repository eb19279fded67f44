export { ActivationCaching } from "./activation-caching.ts";
export type { ActivationCachingClass, ActivationCachingOptions } from "./activation-caching.ts";
export { ActivationPatching } from "./activation-patching.ts";
export type { ActivationPatchingOptions, Patch } from "./activation-patching.ts";
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
export { contrastVector } from "./concepts/contrast.ts";
export type { ContrastVector, ContrastVectorOptions } from "./concepts/contrast.ts";
export { eraseConcept } from "./concepts/erasure.ts";
export type { ConceptEraser, ErasureOptions } from "./concepts/erasure.ts";
export { tcavTest } from "./concepts/tcav-test.ts";
export type { TcavTestResult } from "./concepts/tcav-test.ts";
export { conceptVector, tcav } from "./concepts/tcav.ts";
export type { ConceptVector, ConceptVectorOptions, TcavResult } from "./concepts/tcav.ts";
export { Bilinear, LowRankBilinear } from "./estimators/bilinear.ts";
export type {
  BilinearCoefficients,
  BilinearOptions,
  LowRankBilinearOptions,
  LowRankCoefficients,
  TwoSites,
} from "./estimators/bilinear.ts";
export type { DescentOptions } from "./estimators/descent.ts";
export type { Estimator, LinearCoefficients } from "./estimators/estimator.ts";
export { ESTIMATORS, TWO_SITE_ESTIMATORS } from "./estimators/estimators.ts";
export { GradientLinear } from "./estimators/gradient-linear.ts";
export type { GradientLinearOptions } from "./estimators/gradient-linear.ts";
export { LinearRegression } from "./estimators/linear.ts";
export type { LinearRegressionOptions } from "./estimators/linear.ts";
export { LogisticRegression } from "./estimators/logistic.ts";
export type { LogisticRegressionOptions } from "./estimators/logistic.ts";
export { classMetrics, selectivity } from "./estimators/metrics.ts";
export type { ClassMetrics, Selectivity } from "./estimators/metrics.ts";
export { SparseProbe } from "./estimators/sparse.ts";
export type { SparseProbeOptions } from "./estimators/sparse.ts";
export { MeanDifference, RidgeClassifier } from "./estimators/two-class.ts";
export type { MeanDifferenceOptions, RidgeClassifierOptions } from "./estimators/two-class.ts";
export { nextBatchThreshold, withBatchThreshold } from "./dictionaries/batch-threshold.ts";
export type { DictionaryConfig, DictionaryWeightName, DictionaryWeights } from "./dictionaries/config.ts";
export { FEATURE_ACTIVATIONS } from "./dictionaries/activations.ts";
export type { FeatureActivation } from "./dictionaries/activations/activation.ts";
export { SparseDictionary } from "./dictionaries/dictionary.ts";
export type { ErrorTerm } from "./dictionaries/dictionary-site.ts";
export { foldDecoderNorms } from "./dictionaries/fold.ts";
export { DICTIONARY_FORMATS } from "./dictionaries/formats.ts";
export type { DictionaryFormat, ReadDictionary } from "./dictionaries/formats/format.ts";
export { loadDictionary } from "./dictionaries/load.ts";
export { dictionaryLosses } from "./dictionaries/losses.ts";
export type { DictionaryLosses, DictionaryLossOptions } from "./dictionaries/losses.ts";
export { measureDictionary } from "./dictionaries/metrics.ts";
export type { DictionaryMetrics } from "./dictionaries/metrics.ts";
export { ROW_NORMALIZATIONS } from "./dictionaries/normalizations.ts";
export type { RowNormalization } from "./dictionaries/normalizations/normalization.ts";
export { measureSplicing } from "./dictionaries/measure-splicing.ts";
export type { MeasureSplicingOptions, SplicingMetrics } from "./dictionaries/measure-splicing.ts";
export { DictionarySplicing } from "./dictionaries/splicing.ts";
export type { DictionarySplicingOptions } from "./dictionaries/splicing.ts";
export { nextTokenKl, nextTokenLoss } from "./effects/next-token.ts";
export { meanAttention } from "./effects/mean-attention.ts";
export { lastLogitDifference, topChangedTokens } from "./effects/logits.ts";
export type { ChangedToken } from "./effects/logits.ts";
export { DOSE_LEVELS, doseResponse, levelFor, responseAt, steeringFactor } from "./effects/dose-response.ts";
export type { DoseResponse } from "./effects/dose-response.ts";
export { optimizeIntervention } from "./optimize.ts";
export type {
  OptimizedIntervention,
  OptimizeInterventionOptions,
  OptimizeStage,
  OptimizeStatus,
} from "./optimize.ts";
export { ActivationAddition, ActivationAdditionContext } from "./steering/activation-addition.ts";
export type { ActivationAdditionOptions } from "./steering/activation-addition.ts";
export type { AttentionEdges, Some } from "./steering/attention.ts";
export { AttentionKnockout } from "./steering/attention-knockout.ts";
export type { AttentionKnockoutOptions } from "./steering/attention-knockout.ts";
export { AttentionSteering } from "./steering/attention-steering.ts";
export type { AttentionSteeringOptions } from "./steering/attention-steering.ts";
export { STEERING_MODES } from "./steering/modes.ts";
export type { SteeringInput, SteeringMode } from "./steering/modes/mode.ts";
export { SteeringVectors } from "./steering/steering-vectors.ts";
export type { Steer, SteeringVectorsOptions } from "./steering/steering-vectors.ts";
export { TRANSCODER_FORMATS } from "./dictionaries/transcoders/formats.ts";
export type { ReadTranscoder, TranscoderFormat } from "./dictionaries/transcoders/formats/format.ts";
export { loadTranscoders } from "./dictionaries/transcoders/load.ts";
export { transcoderPlaces, TranscoderSplicing } from "./dictionaries/transcoders/splicing.ts";
export type { TranscoderPlace, TranscoderSplicingOptions } from "./dictionaries/transcoders/splicing.ts";
export { Transcoders } from "./dictionaries/transcoders/transcoders.ts";
export type { LaterDecoders } from "./dictionaries/transcoders/transcoders.ts";
export { FeatureExamples } from "./dictionaries/examples/feature-examples.ts";
export type { FeatureExample, FeatureExamplesOptions } from "./dictionaries/examples/feature-examples.ts";
export { topExamples } from "./dictionaries/examples/top-examples.ts";
export type { TopExamplesOptions } from "./dictionaries/examples/top-examples.ts";
export { DictionaryTrainer } from "./dictionaries/training/trainer.ts";
export { recoveredScore } from "./dictionaries/training/recovered-score.ts";
export { TRAINING_KINDS } from "./dictionaries/training/steps.ts";
export type { TrainedWeights, TrainingKind } from "./dictionaries/training/steps.ts";
export type { DictionaryTrainerOptions, FitOptions, TrainingStep } from "./dictionaries/training/options.ts";
export { Probing, ProbingContext } from "./probing/probing.ts";
export type { Probe, ProbePlace, ProbingOptions } from "./probing/probing.ts";
export { STREAMING_ESTIMATORS } from "./streaming/estimators.ts";
export { fitStream } from "./streaming/fit-stream.ts";
export type { Batch, Batches, FitStreamOptions, StreamProgress } from "./streaming/fit-stream.ts";
export { StreamingLogistic } from "./streaming/logistic.ts";
export type { StreamingLogisticOptions } from "./streaming/logistic.ts";
export { StreamingMeanDifference } from "./streaming/mean-difference.ts";
export { StreamingRidge } from "./streaming/ridge.ts";
export type { StreamingRidgeOptions } from "./streaming/ridge.ts";
export type { StreamingEstimator } from "./streaming/streaming.ts";
