import { contrastVector, eraseConcept } from "@hookdict/latent";
import type { Compute } from "../../methods/cases.ts";
import { tensorsOf } from "../../methods/results.ts";

/** Kinds of steering vectors by how their words begin. */
const KINDS = [
  ["mean difference", "mean"],
  ["first principal component", "pca"],
  ["first right singular vector", "svd"],
  ["RepE reading vector", "reading"],
] as const;

/** How the cases' directions of concepts are computed, by method. */
export const concepts: Readonly<Record<string, Compute>> = {
  steering_vector: async (given) => {
    const kind = String(given.options["kind"]);
    const method = KINDS.find(([words]) => kind.startsWith(words))?.[1];
    if (method === undefined) throw new Error(`no steering vector is a ${kind}`);
    const found = await contrastVector(given.input("positive"), given.input("negative"), { method });
    return tensorsOf({ vector: found.vector, explained: found.explained, projection: found.projections });
  },
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
