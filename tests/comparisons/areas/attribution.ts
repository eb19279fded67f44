import {
  ActivationMaximization,
  Deconvolution,
  DeepLift,
  DeepLiftShap,
  FeatureAblation,
  FeaturePermutation,
  GradCam,
  GradientShap,
  GuidedBackprop,
  GuidedGradCam,
  InputXGradient,
  IntegratedGradients,
  type IntegrationRule,
  InternalInfluence,
  KernelShap,
  LayerActivation,
  LayerConductance,
  Lime,
  NeuronConductance,
  NeuronGradient,
  NoiseTunnel,
  Occlusion,
  resizeMaps,
  type ResizeMode,
  Saliency,
  ShapleyValues,
} from "@hookdict/attribution";
import { reshape, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Area } from "../area.ts";
import { attributed, by, type Roles } from "../methods/attribute.ts";
import { caseItems, type Compute, type Given } from "../methods/cases.ts";

const layerOf = ({ options }: Given): string => options["layer"] as string;
const atLayer = (given: Given): Roles => ({ place: layerOf(given) });

/** Options of methods on a path. */
function path({ options, input }: Given): { baseline: Tensor; steps: number; rule: IntegrationRule } {
  return {
    baseline: input("baseline"),
    steps: options["n_steps"] as number,
    rule: options["method"] as IntegrationRule,
  };
}

function integrated(given: Given): IntegratedGradients {
  const { options } = given;
  const multiplyByInputs = options["multiply_by_inputs"] as boolean;
  // The delta of unmultiplied attributions is Captum's, which the notes call no convergence error.
  const isCaptum = options["weights"] === "captum" || !multiplyByInputs;
  return new IntegratedGradients({
    ...path(given),
    multiplyByInputs,
    delta: true,
    ...(isCaptum && { compatibility: "captum" }),
  });
}

const withDelta: Roles = { more: { delta: "delta" } };

function neuron({ options }: Given): { site: string; index: number[] } {
  return { site: options["layer"] as string, index: options["neuron"] as number[] };
}

const explainsNeuron = (given: Given): Roles => ({ options: { target: neuron(given) } });

function features({ input }: Given): { baseline: Tensor; featureMask: Tensor } {
  return { baseline: input("baseline"), featureMask: input("feature_mask") };
}

const gradCam: Compute = (given) => {
  const { options } = given;
  const found = attributed(
    given,
    new GradCam({
      at: layerOf(given),
      relu: (options["relu_attributions"] as boolean | undefined) ?? false,
      sumChannels: (options["attr_dim_summation"] as boolean | undefined) ?? true,
    }),
    { role: "cam", place: layerOf(given) },
  );
  const cam = found["cam"] as Tensor;
  const [, height = 1, width = 1] = given.input("x").shape;
  for (const mode of ["nearest", "bilinear"] as const)
    if (given.case.expected[`upsampled_${mode}`] !== undefined)
      found[`upsampled_${mode}`] = resizeMaps(cam, [height, width], mode);
  return Promise.resolve(found);
};

function tunnel(kind: "smooth" | "squared" | "variance"): Compute {
  return by(
    ({ input }) => new NoiseTunnel(new Saliency({ absolute: false }), { kind, noise: input("noise") }),
  );
}

const lime: Compute = (given) => {
  const { options } = given;
  const method = new Lime({
    ...features(given),
    kernelWidth: options["width"] as number,
    alpha: options["ridge_alpha"] as number,
  });
  const found = attributed(given, method, {
    more: { coef: "coef", intercept: "intercept", weights: ["weights", "kernel"] },
    options: { keep: ["weights"] },
  });
  // All examples have the same weights; the reference lists them once.
  const all = found["weights"] as Tensor;
  const weights = tidy(() => reshape(slice(all, 0, 1), [-1]));
  all.dispose();
  return Promise.resolve({ ...found, weights });
};

const saliency = by(({ options }) => new Saliency({ absolute: options["absolute"] as boolean }));

/** What computes the cases, by method. */
export const attributionMethods: Readonly<Record<string, Compute>> = {
  saliency,
  saliency_abs: saliency,
  input_x_gradient: by(() => new InputXGradient()),
  integrated_gradients: by(integrated, () => withDelta),
  internal_influence: by((given) => new InternalInfluence({ at: layerOf(given), ...path(given) }), atLayer),
  layer_activation: by((given) => new LayerActivation({ at: layerOf(given) }), atLayer),
  layer_gradient_x_activation: by((given) => new InputXGradient({ at: layerOf(given) }), atLayer),
  layer_integrated_gradients: by(
    (given) => new IntegratedGradients({ at: layerOf(given), ...path(given), delta: true }),
    (given) => ({ ...atLayer(given), ...withDelta }),
  ),
  layer_conductance: by(
    (given) => new LayerConductance({ at: layerOf(given), ...path(given), delta: true }),
    (given) => ({ ...atLayer(given), ...withDelta }),
  ),
  layer_feature_ablation: by(
    (given) => new FeatureAblation({ at: layerOf(given), baseline: given.input("baseline") }),
    atLayer,
  ),
  layer_grad_cam: gradCam,
  guided_grad_cam: by(
    (given) =>
      new GuidedGradCam({ site: layerOf(given), mode: given.options["interpolate_mode"] as ResizeMode }),
  ),
  neuron_conductance: by((given) => new NeuronConductance({ ...neuron(given), ...path(given) })),
  neuron_gradient: by((given) => new NeuronGradient(neuron(given))),
  neuron_integrated_gradients: by((given) => new IntegratedGradients(path(given)), explainsNeuron),
  neuron_feature_ablation: by(
    ({ input }) => new FeatureAblation({ baseline: input("baseline") }),
    explainsNeuron,
  ),
  guided_backprop: by(({ options }) =>
    options["variant"] === undefined ? new GuidedBackprop() : new GuidedBackprop({ modules: "all" }),
  ),
  deconvnet: by(() => new Deconvolution()),
  deeplift: by(
    ({ input }) => new DeepLift({ baseline: input("baseline"), delta: true }),
    () => ({
      more: { delta: "delta", multipliers: ["multipliers", "input"] },
      options: { keep: ["multipliers"] },
    }),
  ),
  deeplift_shap: by(
    ({ input }) => new DeepLiftShap({ baselines: input("baselines"), delta: true }),
    () => withDelta,
  ),
  gradient_shap: by(
    ({ input }) =>
      new GradientShap({
        baselines: input("baselines"),
        draws: { noise: input("noise"), alpha: input("alpha"), baselineIndex: input("baseline_index") },
        delta: true,
      }),
    () => withDelta,
  ),
  smoothgrad: tunnel("smooth"),
  smoothgrad_sq: tunnel("squared"),
  vargrad: tunnel("variance"),
  activation_maximisation: by(
    ({ options }) =>
      new ActivationMaximization({
        alpha: options["alpha"] as number,
        steps: options["n_steps"] as number,
        bounds: [options["min_value"] as number, options["max_value"] as number],
      }),
    ({ options }) => ({
      role: "x",
      more: { activation: "activation" },
      options: { target: { site: options["layer"] as string, index: [options["unit"] as number] } },
    }),
  ),
  feature_ablation: by((given) => new FeatureAblation(features(given))),
  feature_permutation: by(
    ({ input }) =>
      new FeaturePermutation({ featureMask: input("feature_mask"), permutations: input("permutations") }),
  ),
  occlusion: by(
    ({ options, input }) =>
      new Occlusion({
        window: options["window_hwc"] as number[],
        strides: options["strides_hwc"] as number[],
        baseline: input("baseline"),
      }),
  ),
  shapley_values: by((given) => new ShapleyValues(features(given))),
  shapley_value_sampling: by(
    (given) => new ShapleyValues({ ...features(given), orders: given.input("orders") }),
  ),
  kernel_shap: by((given) => new KernelShap(features(given))),
  lime,
};

/** Gradient, path, layer, neuron, perturbation and surrogate methods. */
export const attribution: Area = {
  name: "attribution",
  at: "methods/cases.json",
  items: (folder) => caseItems(folder, "attribution", attributionMethods),
};
