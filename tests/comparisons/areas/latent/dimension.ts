import { caPca, gride, likelihoodDimension, localKnn, localPca, pcaSpectrum, twoNn } from "@hookdict/latent";
import type { Compute, Given } from "../../methods/cases.ts";
import { tensorsOf } from "../../methods/results.ts";

const options = <Options>(given: Given): Options => given.options as Options;

const grideOf: Compute = async (given) => {
  const { ranks, weight } = options<{ ranks: number[]; weight: string }>(given);
  const found = await gride(given.input("X"), { ranks, weight: weight.toLowerCase() as "n" | "n - 1" });
  return tensorsOf({ dimension: found.perRank });
};

/** How the cases' dimensions are computed, by method. */
export const dimension: Readonly<Record<string, Compute>> = {
  ca_pca: async (given) => tensorsOf({ dimension: (await caPca(given.input("X"), options(given))).perPoint }),
  local_pca: async (given) =>
    tensorsOf({ dimension: (await localPca(given.input("X"), options(given))).perPoint }),
  local_knn: async (given) =>
    tensorsOf({ dimension: (await localKnn(given.input("X"), options(given))).perPoint }),
  mle: async (given) => {
    const { perPoint, value, harmonic } = await likelihoodDimension(given.input("X"), options(given));
    return tensorsOf({ dimension: perPoint, mean: value, mackay_ghahramani: harmonic });
  },
  gride: grideOf,
  gride_mle: grideOf,
  twonn: async (given) => tensorsOf({ dimension: (await twoNn(given.input("X"))).value }),
  twonn_trimmed: async (given) =>
    tensorsOf({ dimension: (await twoNn(given.input("X"), options(given))).value }),
  twonn_ml: async (given) =>
    tensorsOf({ dimension: (await twoNn(given.input("X"), { method: "likelihood" })).value }),
  pca_spectrum: async (given) => {
    const found = await pcaSpectrum(given.input("X"));
    return tensorsOf({
      explained_variance: found.explainedVariance,
      ratio: found.ratio,
      components_90: found.componentsFor(0.9),
      components_99: found.componentsFor(0.99),
      participation_ratio: found.participationRatio,
      effective_rank: found.effectiveRank,
    });
  },
};
