export type { Baseline } from "./baseline.ts";
export type { Arguments } from "./inputs.ts";
export type { AbortSignalLike, AsyncAttributeOptions, AttributeOptions, Job, Progress } from "./job.ts";
export { AttributionContext, AttributionMethod, AttributionModule } from "./method.ts";
export { methodOptions } from "./options.ts";
export type { MethodOptions } from "./options.ts";
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
export type {
  Affine,
  LinearOperation,
  LinearWeights,
  NormDescription,
  PartDescription,
  PartKind,
} from "./parts/part.ts";
export { AveragePool2d, MaxPool2d } from "./parts/pool.ts";
export type { ByPlace, Fold, Pass, PassResult } from "./passes/pass.ts";
export type { LazyRows, Rows } from "./passes/rows.ts";
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
export type { Passage, RelevanceRule, Stabilizer } from "./relevance/rule.ts";
export type { LinearRuleOptions } from "./relevance/linear-rule.ts";
export { RULES } from "./relevance/rules.ts";
export { alphaBeta } from "./relevance/rules/alpha-beta.ts";
export { epsilon } from "./relevance/rules/epsilon.ts";
export { flat } from "./relevance/rules/flat.ts";
export { gamma } from "./relevance/rules/gamma.ts";
export { gradient } from "./relevance/rules/gradient.ts";
export { identityGradient } from "./relevance/rules/identity-gradient.ts";
export { layerNormGradient } from "./relevance/rules/layer-norm-gradient.ts";
export { matMulRule } from "./relevance/rules/mat-mul-rule.ts";
export { norm } from "./relevance/rules/norm.ts";
export { pass } from "./relevance/rules/pass.ts";
export { reluBetaSmooth } from "./relevance/rules/relu-beta-smooth.ts";
export { reluDeconvnet } from "./relevance/rules/relu-deconvnet.ts";
export { reluGuided } from "./relevance/rules/relu-guided.ts";
export { softmaxRule } from "./relevance/rules/softmax-rule.ts";
export { stop } from "./relevance/rules/stop.ts";
export { uniform } from "./relevance/rules/uniform.ts";
export { wSquare } from "./relevance/rules/w-square.ts";
export { zBox } from "./relevance/rules/z-box.ts";
export { zPlus } from "./relevance/rules/z-plus.ts";
export { attributeAll, attributeAllAsync, planAll } from "./attribute-all.ts";
export type { AttributionPlan, AttributionPlanOptions, PlannedPass } from "./plan.ts";
export { ActivationMaximization } from "./methods/activation-maximization.ts";
export type { ActivationMaximizationOptions } from "./methods/activation-maximization.ts";
export { AttentionFlow } from "./methods/attention-flow.ts";
export { AttentionRollout } from "./methods/attention-rollout.ts";
export { AttnLrp } from "./methods/attn-lrp.ts";
export type { AttnLrpOptions } from "./methods/attn-lrp.ts";
export { Deconvolution } from "./methods/deconvolution.ts";
export type { DeconvolutionOptions } from "./methods/deconvolution.ts";
export { DeepLift } from "./methods/deep-lift.ts";
export type { DeepLiftOptions } from "./methods/deep-lift.ts";
export { DeepLiftShap } from "./methods/deep-lift-shap.ts";
export type { DeepLiftShapOptions } from "./methods/deep-lift-shap.ts";
export { FeatureAblation } from "./methods/feature-ablation.ts";
export type { FeatureAblationOptions } from "./methods/feature-ablation.ts";
export { FeaturePermutation } from "./methods/feature-permutation.ts";
export type { FeaturePermutationOptions } from "./methods/feature-permutation.ts";
export { GradCam } from "./methods/grad-cam.ts";
export type { GradCamOptions } from "./methods/grad-cam.ts";
export { GradientShap } from "./methods/gradient-shap.ts";
export type { GradientShapOptions } from "./methods/gradient-shap.ts";
export { GradientWeightedAttention } from "./methods/gradient-weighted-attention.ts";
export { GuidedBackprop } from "./methods/guided-backprop.ts";
export type { GuidedBackpropOptions } from "./methods/guided-backprop.ts";
export { GuidedGradCam } from "./methods/guided-grad-cam.ts";
export type { GuidedGradCamOptions } from "./methods/guided-grad-cam.ts";
export { InputXGradient } from "./methods/input-x-gradient.ts";
export { IntegratedGradients } from "./methods/integrated-gradients.ts";
export type { IntegratedGradientsOptions } from "./methods/integrated-gradients.ts";
export type { InternalInfluenceOptions } from "./methods/internal-influence.ts";
export { InternalInfluence } from "./methods/internal-influence.ts";
export { KernelShap } from "./methods/kernel-shap.ts";
export { LayerActivation } from "./methods/layer-activation.ts";
export { LayerConductance } from "./methods/layer-conductance.ts";
export type { LayerConductanceOptions } from "./methods/layer-conductance.ts";
export { LayerwiseRelevancePropagation } from "./methods/layerwise-relevance-propagation.ts";
export type { RelevanceOptions } from "./methods/layerwise-relevance-propagation.ts";
export { Lime } from "./methods/lime.ts";
export type { LimeOptions } from "./methods/lime.ts";
export { NeuronConductance } from "./methods/neuron-conductance.ts";
export type { NeuronConductanceOptions } from "./methods/neuron-conductance.ts";
export { NeuronGradient } from "./methods/neuron-gradient.ts";
export type { NeuronGradientOptions } from "./methods/neuron-gradient.ts";
export type { NeuronOptions } from "./gradient/neuron.ts";
export { NoiseTunnel } from "./methods/noise-tunnel.ts";
export type { NoiseTunnelOptions } from "./methods/noise-tunnel.ts";
export { Occlusion } from "./methods/occlusion.ts";
export type { OcclusionOptions } from "./methods/occlusion.ts";
export { Saliency } from "./methods/saliency.ts";
export type { SaliencyOptions } from "./methods/saliency.ts";
export { ShapleyValues } from "./methods/shapley-values.ts";
export type { ShapleyValuesOptions } from "./methods/shapley-values.ts";
export type { PathOptions } from "./gradient/path-options.ts";
export type { IntegrationRule } from "./gradient/nodes.ts";
export type { CamOptions } from "./gradient/cam.ts";
export { resizeMaps } from "./images/resize.ts";
export type { ResizeMode } from "./images/resize.ts";
export type { PerturbationOptions } from "./perturbation/features.ts";
export type { SurrogateOptions } from "./perturbation/surrogate-options.ts";
export type { AttentionOptions, HeadFusion } from "./attention/patterns.ts";
export { attentionContributions } from "./attention/contributions.ts";
export { clusterCircuits } from "./attention/circuits.ts";
export type { CircuitClusters, ClusterOptions } from "./attention/circuits.ts";
export { METHODS } from "./methods.ts";
export type { UnknownPlaces } from "./relevance/choose-rules.ts";
export { imageMaps } from "./images/image-maps.ts";
export type { ImageMapsOptions } from "./images/image-maps.ts";
export { overlayMaps } from "./images/overlay.ts";
export type { OverlayOptions, Picture } from "./images/overlay.ts";
export { featureContributions } from "./text/feature-contributions.ts";
export { tokenAttributions } from "./text/token-attributions.ts";
export type { TokenAttribution, TokenAttributionsOptions } from "./text/token-attributions.ts";
