import * as of from "@hookdict/attribution";
import type { AttributionMethod } from "@hookdict/attribution";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Steps of every line. */
export const STEPS = 3;
const unknown = "gradient" as const;

/** Tensors that options are made of. */
export interface Tensors {
  readonly baselines: Tensor;
  readonly featureMask: Tensor;
}

/** Every method by its name, with options for the model `Everything`. */
export const EVERY_METHOD: Readonly<Record<string, (tensors: Tensors) => AttributionMethod>> = {
  Saliency: () => new of.Saliency(),
  InputXGradient: () => new of.InputXGradient(),
  IntegratedGradients: () => new of.IntegratedGradients({ steps: STEPS }),
  GradientShap: ({ baselines }) => new of.GradientShap({ baselines, samples: 3, delta: true }),
  DeepLift: () => new of.DeepLift({ delta: true, unknown }),
  DeepLiftShap: ({ baselines }) => new of.DeepLiftShap({ baselines, unknown }),
  NoiseTunnel: () => new of.NoiseTunnel(new of.Saliency(), { samples: 3 }),
  GradCam: () => new of.GradCam({ at: "behind", relu: false }),
  GuidedGradCam: () => new of.GuidedGradCam({ site: "behind", relu: false, unknown }),
  GuidedBackprop: () => new of.GuidedBackprop({ unknown }),
  Deconvolution: () => new of.Deconvolution({ unknown }),
  LayerActivation: () => new of.LayerActivation({ at: "last" }),
  LayerConductance: () => new of.LayerConductance({ at: "last", steps: STEPS, delta: true }),
  InternalInfluence: () => new of.InternalInfluence({ at: "last", steps: STEPS }),
  NeuronConductance: () => new of.NeuronConductance({ site: "last", index: [0], steps: STEPS }),
  NeuronGradient: () => new of.NeuronGradient({ site: "mix", index: [0, 0, 1] }),
  ActivationMaximization: () => new of.ActivationMaximization({ steps: 2 }),
  FeatureAblation: ({ featureMask }) => new of.FeatureAblation({ featureMask }),
  Occlusion: () => new of.Occlusion({ window: [2, 2, 1] }),
  FeaturePermutation: ({ featureMask }) => new of.FeaturePermutation({ seed: 3, featureMask }),
  ShapleyValues: ({ featureMask }) => new of.ShapleyValues({ featureMask }),
  KernelShap: ({ featureMask }) => new of.KernelShap({ featureMask }),
  Lime: ({ featureMask }) => new of.Lime({ featureMask }),
  LayerwiseRelevancePropagation: () => new of.LayerwiseRelevancePropagation({ unknown }),
  AttnLrp: () => new of.AttnLrp({ unknown }),
  AttentionRollout: () => new of.AttentionRollout(),
  AttentionFlow: () => new of.AttentionFlow(),
  GradientWeightedAttention: () => new of.GradientWeightedAttention(),
};
