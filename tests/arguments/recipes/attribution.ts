import {
  type AttributionMethod,
  IntegratedGradients,
  InputXGradient,
  Lime,
  Saliency,
  ShapleyValues,
} from "@hookdict/attribution";
import { hookFunction, type Hookable } from "@hookdict/core";
import { sum, tensor1d, tensor2d, tensor4d, type Tensor } from "@tensorflow/tfjs-core";
import { owned, type Recipes } from "../recipes.ts";

const model = (): Hookable => hookFunction((x: Tensor) => sum(x, 1)) as Hookable;
const x = (): Tensor => tensor2d([1, 2, 3, 4], [2, 2]);
const described =
  (made: AttributionMethod): (() => ReturnType<typeof owned>) =>
  () =>
    owned(made);

export const ATTRIBUTION: Recipes = {
  subjects: {
    AttributionModule: () => owned(new Saliency().prepare(model())),
    InputXGradient: described(new InputXGradient()),
    IntegratedGradients: described(new IntegratedGradients()),
    Lime: described(new Lime()),
    Saliency: described(new Saliency()),
    ShapleyValues: described(new ShapleyValues()),
  },
  right: {
    "AttributionModule.attribute": () => [[x()], { target: 0, internalBatchSize: 1, keep: [] }],
    agreement: () => [x(), x(), { top: 1 }],
    complexity: () => [x()],
    "new Activation": () => ["relu"],
    "new AveragePool2d": () => [[2, 2], { strides: [1, 1], padding: "same" }],
    "new BatchNorm": () => [
      { gamma: tensor1d([1, 1]), beta: tensor1d([0, 0]), mean: tensor1d([0, 0]), variance: tensor1d([1, 1]) },
      1e-3,
    ],
    "new Conv2d": () => [
      { kernel: tensor4d([1], [1, 1, 1, 1]), bias: tensor1d([1]) },
      { strides: [1, 1], padding: "same" },
    ],
    "new DeepLiftShap": () => [{ baselines: x() }],
    "new Embedding": () => [x()],
    "new GradCam": () => [{ at: "hidden", relu: false }],
    "new GradientShap": () => [{ baselines: x(), samples: 2, stdev: 0.1, seed: 1 }],
    "new GuidedGradCam": () => [{ site: "hidden" }],
    "new InternalInfluence": () => [{ at: "hidden", steps: 2 }],
    "new LayerActivation": () => [{ at: "hidden" }],
    "new LayerConductance": () => [{ at: "hidden", steps: 2, delta: true }],
    "new LayerNorm": () => [{ gamma: tensor1d([1, 1]), beta: tensor1d([0, 0]) }, 1e-5],
    "new Linear": () => [{ kernel: x(), bias: tensor1d([1, 2]) }],
    "new MaxPool2d": () => [[2, 2], { strides: [1, 1], padding: "same" }],
    "new NeuronConductance": () => [{ site: "hidden", index: [0], steps: 2 }],
    "new NeuronGradient": () => [{ site: "hidden", index: [0] }],
    "new NoiseTunnel": () => [new Saliency(), { samples: 2, seed: 4 }],
    "new Occlusion": () => [{ window: [1] }],
    "new RMSNorm": () => [tensor1d([1, 1]), 1e-6],
    "Linear.call": () => [x()],
    "Sum.call": () => [x(), x()],
    "new IntegratedGradients": () => [{ steps: 2, rule: "riemann_trapezoid", baseline: 0 }],
    "new Saliency": () => [{ absolute: true }],
  },
  spared: {
    AttributionContext: "prepare makes it",
    AttributionMethod: "abstract: its classes are examined",
    "new AttributionModule": "prepare makes it",
    "AttributionModule.call": "what the model says of its input",
    "AttributionModule.callAsync": "likewise",
    "AttributionModule.tryCall": "likewise",
    "AttributionModule.tryCallAsync": "likewise",
    Part: "abstract: its classes are examined",
  },
};
