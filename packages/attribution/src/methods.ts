import { AttnLrp } from "./attention/attn-lrp.ts";
import { AttentionFlow, AttentionRollout, GradientWeightedAttention } from "./attention/rollout.ts";
import { ActivationMaximization } from "./gradient/activation-maximization.ts";
import { DeepLift, DeepLiftShap } from "./gradient/deep-lift.ts";
import { GradCam } from "./gradient/grad-cam.ts";
import { Deconvolution, GuidedBackprop, GuidedGradCam } from "./gradient/guided.ts";
import { IntegratedGradients } from "./gradient/integrated-gradients.ts";
import { InternalInfluence, LayerActivation, LayerConductance, NeuronConductance } from "./gradient/layer.ts";
import { GradientShap, NoiseTunnel } from "./gradient/noise.ts";
import { InputXGradient, Saliency } from "./gradient/saliency.ts";
import { FeatureAblation, FeaturePermutation, Occlusion } from "./perturbation/ablation.ts";
import { ShapleyValues } from "./perturbation/shapley.ts";
import { KernelShap, Lime } from "./perturbation/surrogate.ts";
import { LayerwiseRelevancePropagation } from "./relevance/propagation.ts";

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
