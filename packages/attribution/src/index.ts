export type { Baseline } from "./baseline.ts";
export { ActivationMaximization } from "./gradient/activation-maximization.ts";
export type { ActivationMaximizationOptions } from "./gradient/activation-maximization.ts";
export { DeepLift, DeepLiftShap } from "./gradient/deep-lift.ts";
export type { DeepLiftOptions, DeepLiftShapOptions } from "./gradient/deep-lift.ts";
export { GradCam, resizeMaps } from "./gradient/grad-cam.ts";
export type { GradCamOptions, ResizeMode } from "./gradient/grad-cam.ts";
export { Deconvolution, GuidedBackprop, GuidedGradCam } from "./gradient/guided.ts";
export type { GuidedBackpropOptions, GuidedGradCamOptions } from "./gradient/guided.ts";
export { IntegratedGradients } from "./gradient/integrated-gradients.ts";
export type { IntegratedGradientsOptions, PathOptions } from "./gradient/integrated-gradients.ts";
export { InternalInfluence, LayerActivation, LayerConductance, NeuronConductance } from "./gradient/layer.ts";
export type { LayerConductanceOptions, NeuronConductanceOptions } from "./gradient/layer.ts";
export type { IntegrationRule } from "./gradient/nodes.ts";
export { GradientShap, NoiseTunnel } from "./gradient/noise.ts";
export type { GradientShapOptions, NoiseTunnelOptions } from "./gradient/noise.ts";
export { InputXGradient, Saliency } from "./gradient/saliency.ts";
export type { SaliencyOptions } from "./gradient/saliency.ts";
export type { Arguments } from "./inputs.ts";
export type { AbortSignalLike, AsyncAttributeOptions, AttributeOptions, Job } from "./job.ts";
export { AttributionContext, AttributionMethod, AttributionModule } from "./method.ts";
export type { AttributionOptions, Attributions, Computation } from "./method.ts";
export { Activation } from "./parts/activation.ts";
export type { ActivationFunction } from "./parts/activation.ts";
export { Embedding, Flatten, MatMul, Product, Sum } from "./parts/combine.ts";
export { Conv2d } from "./parts/conv.ts";
export type { Padding, WindowOptions } from "./parts/conv.ts";
export { Linear } from "./parts/linear.ts";
export { BatchNorm, LayerNorm, RMSNorm } from "./parts/norms.ts";
export type { BatchNormWeights } from "./parts/norms.ts";
export { isPart, Part } from "./parts/part.ts";
export type { LinearOperation, LinearWeights, PartDescription, PartKind } from "./parts/part.ts";
export { AveragePool2d, MaxPool2d } from "./parts/pool.ts";
export type { ByPlace, Pass, PassResult } from "./passes/pass.ts";
export { FeatureAblation, FeaturePermutation, Occlusion } from "./perturbation/ablation.ts";
export type {
  FeatureAblationOptions,
  FeaturePermutationOptions,
  OcclusionOptions,
} from "./perturbation/ablation.ts";
export type { PerturbationOptions } from "./perturbation/features.ts";
export { ShapleyValues } from "./perturbation/shapley.ts";
export type { ShapleyValuesOptions } from "./perturbation/shapley.ts";
export { KernelShap, Lime } from "./perturbation/surrogate.ts";
export type { LimeOptions, SurrogateOptions } from "./perturbation/surrogate.ts";
export type { Score, Target, TargetFunction } from "./target.ts";
export { agreement } from "./metrics/agreement.ts";
export type { Agreement } from "./metrics/agreement.ts";
export { complexity } from "./metrics/complexity.ts";
export type { Complexity } from "./metrics/complexity.ts";
export {
  completeness,
  deletionInsertion,
  faithfulnessEstimate,
  infidelity,
  sensitivityN,
} from "./metrics/faithfulness.ts";
export type {
  BaselineMetricOptions,
  Correlations,
  DeletionInsertion,
  InfidelityOptions,
} from "./metrics/faithfulness.ts";
export {
  localLipschitz,
  sensitivityMax,
  sumOfOutputs,
  tdhookInfidelity,
  tdhookSensitivity,
} from "./metrics/robustness.ts";
export type { Attribute, SensitivityMaxOptions } from "./metrics/robustness.ts";
export type { MetricOptions } from "./metrics/scores.ts";
export {
  betaSmoothRelus,
  deconvnetRelus,
  epsilonAlpha2Beta1,
  epsilonAlpha2Beta1Flat,
  epsilonEverywhere,
  epsilonGammaBox,
  epsilonPlus,
  epsilonPlusFlat,
  excitationBackprop,
  guidedRelus,
} from "./relevance/composites.ts";
export type { Composite, CompositeOptions } from "./relevance/composites.ts";
export { selectConcept } from "./relevance/concepts.ts";
export type { ConceptSelection } from "./relevance/concepts.ts";
export { LayerwiseRelevancePropagation } from "./relevance/propagation.ts";
export type { RelevanceOptions } from "./relevance/propagation.ts";
export type { Passage, RelevanceRule, Stabilizer } from "./relevance/rule.ts";
export { alphaBeta, zPlus } from "./relevance/rules/alpha-beta.ts";
export {
  identityGradient,
  layerNormGradient,
  matMulRule,
  softmaxRule,
  uniform,
} from "./relevance/rules/attention.ts";
export { epsilon } from "./relevance/rules/epsilon.ts";
export type { LinearRuleOptions } from "./relevance/rules/epsilon.ts";
export { flat, wSquare, zBox } from "./relevance/rules/first-layer.ts";
export { gamma } from "./relevance/rules/gamma.ts";
export {
  gradient,
  norm,
  pass,
  reluBetaSmooth,
  reluDeconvnet,
  reluGuided,
  stop,
} from "./relevance/rules/plain.ts";
export { AttnLrp } from "./attention/attn-lrp.ts";
export type { AttnLrpOptions } from "./attention/attn-lrp.ts";
export { clusterCircuits } from "./attention/circuits.ts";
export type { CircuitClusters, ClusterOptions } from "./attention/circuits.ts";
export {
  attentionContributions,
  AttentionFlow,
  AttentionRollout,
  GradientWeightedAttention,
} from "./attention/rollout.ts";
export type { AttentionOptions, HeadFusion } from "./attention/rollout.ts";
export { attributeAll, attributeAllAsync } from "./attribute-all.ts";
export { METHODS } from "./methods.ts";
