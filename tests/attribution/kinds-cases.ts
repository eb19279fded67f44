import { fileURLToPath } from "node:url";
import { attributionMethods } from "../comparisons/areas/attribution.ts";
import { lrpMethods } from "../comparisons/areas/lrp.ts";
import { caseItems, type MethodCase, Values } from "../comparisons/methods/cases.ts";
import { assert, type suite } from "../gate/suite.ts";
import type { BuiltModel } from "../support/cnn.ts";
import type { Weights } from "../support/small-models.ts";

const folder = fileURLToPath(new URL("../reference", import.meta.url));

/** Methods that run backward, or look at sites; the others know a model by its output alone. */
const METHODS: readonly string[] = [
  "integrated_gradients",
  "layer_activation",
  "layer_conductance",
  "layer_grad_cam",
  "layer_integrated_gradients",
  "neuron_conductance",
  "guided_backprop",
  "deconvnet",
  "guided_grad_cam",
  "deeplift",
  "deeplift_shap",
  "lrp",
];

/** Those whose rules see what is inside a layer or an operation. */
const INSIDE: readonly string[] = ["guided_backprop", "deconvnet", "deeplift", "lrp"];

/** tdhook's clipping at every module depends on what the modules are. */
const isOfTheNetwork = (kind: string, { model, method, options }: MethodCase): boolean =>
  model === "cnn" &&
  (/inside|fused/.test(kind) ? INSIDE : METHODS).includes(method) &&
  options["variant"] === undefined;

/** Declares a test for each area: the reference values of the CNN are those of another kind of model, too. */
export function testKind(
  test: ReturnType<typeof suite>,
  kind: string,
  build: (weights: Weights) => BuiltModel,
): void {
  for (const [area, methods] of Object.entries({ attribution: attributionMethods, lrp: lrpMethods }))
    test(`every case of ${area} holds on ${kind}`, async () => {
      const weights = await new Values(`${folder}/methods/models.safetensors`).load();
      using built = build(weights.below("model/cnn/"));
      weights.dispose();
      const only = (each: MethodCase): boolean => isOfTheNetwork(kind, each);
      const items = await caseItems(folder, area, methods, { only, model: built.model });
      assert.ok(items.length > 2);
      for (const item of items) assert.equal(await item.check(), [], item.name);
    });
}
