import { ActivationCaching, conceptVector, contrastVector, eraseConcept, tcav } from "@hookdict/latent";
import { slice, sum, type Tensor } from "@tensorflow/tfjs-core";
import { modelOf } from "../../methods/attribute.ts";
import type { Compute, Given } from "../../methods/cases.ts";
import { tensorsOf } from "../../methods/results.ts";

/** Kinds of steering vectors by how their words begin. */
const KINDS = [
  ["mean difference", "mean"],
  ["first principal component", "pca"],
  ["first right singular vector", "svd"],
  ["RepE reading vector", "reading"],
] as const;

/** What passes a layer of the small model, and the gradient of the sum of one class's logits there. */
function atLayer(given: Given, layer: string, role: string, target?: number): Tensor {
  const direction = target === undefined ? "fwd" : "bwd_pre";
  using hooked = new ActivationCaching(layer, { directions: [direction] }).prepare(modelOf(given));
  if (target === undefined) hooked.call(given.input(role)).dispose();
  else hooked.backward(() => sum(slice(hooked.call(given.input(role)), [0, target], [-1, 1])));
  using captured = hooked.takeCache();
  return captured.get<Tensor>([direction, layer]).clone();
}

const tcavOf: Compute = async (given) => {
  const { layer, C, target } = given.options as { layer: string; C: number; target: number };
  const values = [atLayer(given, layer, "positive"), atLayer(given, layer, "negative")] as const;
  const gradients = atLayer(given, layer, "x", target);
  const concept = await conceptVector(...values, { C });
  const found = await tcav(gradients, concept);
  for (const one of [...values, gradients]) one.dispose();
  return tensorsOf({
    cav: concept.vector,
    directional_derivative: found.directionalDerivatives,
    sign_count: found.signCount,
    magnitude: found.magnitude,
    mean: found.mean,
  });
};

/** How the cases' directions of concepts are computed, by method. */
export const concepts: Readonly<Record<string, Compute>> = {
  steering_vector: async (given) => {
    const kind = String(given.options["kind"]);
    const method = KINDS.find(([words]) => kind.startsWith(words))?.[1];
    if (method === undefined) throw new Error(`no steering vector is a ${kind}`);
    const found = await contrastVector(given.input("positive"), given.input("negative"), { method });
    return tensorsOf({ vector: found.vector, explained: found.explained, projection: found.projections });
  },
  tcav: tcavOf,
  leace: async (given) => {
    const [x, z] = [given.input("X"), given.input("Z")];
    const eraser = await eraseConcept(x, z);
    const orthogonal = await eraseConcept(x, z, { method: "orthogonal" });
    return {
      ...tensorsOf({ P: eraser.projection, orthogonal_P: orthogonal.projection }),
      erased: eraser.erase(x),
    };
  },
};
