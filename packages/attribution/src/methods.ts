import { ActivationMaximization } from "./methods/activation-maximization.ts";
import { AttentionFlow } from "./methods/attention-flow.ts";
import { AttentionRollout } from "./methods/attention-rollout.ts";
import { AttnLrp } from "./methods/attn-lrp.ts";
import { Deconvolution } from "./methods/deconvolution.ts";
import { DeepLift } from "./methods/deep-lift.ts";
import { DeepLiftShap } from "./methods/deep-lift-shap.ts";
import { FeatureAblation } from "./methods/feature-ablation.ts";
import { FeaturePermutation } from "./methods/feature-permutation.ts";
import { GradCam } from "./methods/grad-cam.ts";
import { GradientShap } from "./methods/gradient-shap.ts";
import { GradientWeightedAttention } from "./methods/gradient-weighted-attention.ts";
import { GuidedBackprop } from "./methods/guided-backprop.ts";
import { GuidedGradCam } from "./methods/guided-grad-cam.ts";
import { InputXGradient } from "./methods/input-x-gradient.ts";
import { IntegratedGradients } from "./methods/integrated-gradients.ts";
import { InternalInfluence } from "./methods/internal-influence.ts";
import { KernelShap } from "./methods/kernel-shap.ts";
import { LayerActivation } from "./methods/layer-activation.ts";
import { LayerConductance } from "./methods/layer-conductance.ts";
import { LayerwiseRelevancePropagation } from "./methods/layerwise-relevance-propagation.ts";
import { Lime } from "./methods/lime.ts";
import { NeuronConductance } from "./methods/neuron-conductance.ts";
import { NeuronGradient } from "./methods/neuron-gradient.ts";
import { NoiseTunnel } from "./methods/noise-tunnel.ts";
import { Occlusion } from "./methods/occlusion.ts";
import { Saliency } from "./methods/saliency.ts";
import { ShapleyValues } from "./methods/shapley-values.ts";

/** Every method of attribution: classes, in the order of the documentation. */
export const METHODS: readonly { readonly name: string; readonly prototype: unknown }[] = [
  Saliency,
  InputXGradient,
  IntegratedGradients,
  GradientShap,
  DeepLift,
  DeepLiftShap,
  NoiseTunnel,
  GradCam,
  GuidedGradCam,
  GuidedBackprop,
  Deconvolution,
  LayerActivation,
  LayerConductance,
  InternalInfluence,
  NeuronConductance,
  NeuronGradient,
  ActivationMaximization,
  FeatureAblation,
  Occlusion,
  FeaturePermutation,
  ShapleyValues,
  KernelShap,
  Lime,
  LayerwiseRelevancePropagation,
  AttnLrp,
  AttentionRollout,
  AttentionFlow,
  GradientWeightedAttention,
];
