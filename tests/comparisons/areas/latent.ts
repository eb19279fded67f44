import type { Area } from "../area.ts";
import { caseItems } from "../methods/cases.ts";
import { dimension } from "./latent/dimension.ts";
import { concepts } from "./latent/concepts.ts";
import { probes } from "./latent/probes.ts";
import { similarity } from "./latent/similarity.ts";

/** Similarity, dimension, probes and concepts of latent values. */
export const latent: Area = {
  name: "latent",
  at: "methods/cases.json",
  items: (folder) => caseItems(folder, "latent", { ...dimension, ...similarity, ...probes, ...concepts }),
};
