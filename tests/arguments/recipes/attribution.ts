import {
  type AttributionMethod,
  IntegratedGradients,
  InputXGradient,
  Lime,
  Saliency,
  ShapleyValues,
} from "@hookdict/attribution";
import { hookFunction, type Hookable } from "@hookdict/core";
import { sum, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
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
    "new IntegratedGradients": () => [{ steps: 2, rule: "trapezoid", baseline: 0 }],
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
