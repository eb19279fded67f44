import { cca, pwcca, svcca } from "./cca.ts";
import { cka } from "./cka.ts";
import { informationImbalance } from "./information-imbalance.ts";
import { cknna, mutualKnn } from "./neighbour-overlap.ts";
import { procrustes } from "./procrustes.ts";
import { rsa } from "./rsa.ts";
import type { SimilarityMeasure } from "./similarity.ts";

/** Every measure of similarity, with its own defaults. */
export const SIMILARITY_MEASURES: readonly SimilarityMeasure[] = [
  cca,
  cka,
  cknna,
  informationImbalance,
  mutualKnn,
  procrustes,
  pwcca,
  rsa,
  svcca,
];
