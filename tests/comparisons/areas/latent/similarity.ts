import {
  cca,
  cka,
  type CkaOptions,
  cknna,
  informationImbalance,
  mutualKnn,
  procrustes,
  pwcca,
  rsa,
  svcca,
} from "@hookdict/latent";
import { slice, type Tensor } from "@tensorflow/tfjs-core";
import type { Compute, Given } from "../../methods/cases.ts";
import { tensorsOf } from "../../methods/results.ts";

const pair = (given: Given): readonly [Tensor, Tensor] => [given.input("X"), given.input("Y")];

const ckaOf: Compute = async (given) => {
  const { kernel, estimator, batch, sigma_fraction: fraction } = given.options;
  const named: CkaOptions["estimator"] = String(estimator).startsWith("minibatch")
    ? "minibatch"
    : String(estimator).includes("unbiased")
      ? "unbiased"
      : "biased";
  const { value, sigmas } = await cka(...pair(given), {
    kernel: kernel as "linear" | "rbf",
    estimator: named,
    ...(typeof batch === "number" ? { batchSize: batch } : {}),
    ...(typeof fraction === "number" ? { sigmaFraction: fraction } : {}),
  });
  return tensorsOf({
    cka: value,
    ...(sigmas === undefined ? {} : { sigma_x: sigmas[0], sigma_y: sigmas[1] }),
  });
};

/** Of the first columns that both have, not scaled, where the options speak of columns. */
const procrustesOf: Compute = async (given) => {
  const columns = /first (\d+)/.exec((given.options["columns"] as string | undefined) ?? "")?.[1];
  if (columns === undefined) {
    const { value, distance, squaredDistance, angle } = await procrustes(...pair(given));
    return tensorsOf({ similarity: value, distance, squared_distance: squaredDistance, angle });
  }
  const [x, y] = pair(given).map((one) => slice(one, [0, 0], [-1, Number(columns)])) as [Tensor, Tensor];
  try {
    const { rotation, distance } = await procrustes(x, y, { scale: false });
    return tensorsOf({ Q: rotation, residual: distance });
  } finally {
    x.dispose();
    y.dispose();
  }
};

/** How the cases' similarities are computed, by method. */
export const similarity: Readonly<Record<string, Compute>> = {
  cka: ckaOf,
  procrustes: procrustesOf,
  cca: async (given) => {
    const { value, meanSquared, correlations } = await cca(...pair(given));
    return tensorsOf({ mean: value, mean_squared: meanSquared, correlations });
  },
  svcca: async (given) => {
    const { value, kept, correlations } = await svcca(...pair(given), given.options);
    return tensorsOf({ svcca: value, kept_x: kept[0], kept_y: kept[1], correlations });
  },
  pwcca: async (given) => {
    const { value, weights } = await pwcca(...pair(given));
    return tensorsOf({ pwcca: value, weights });
  },
  cknna: async (given) =>
    tensorsOf({ cknna: (await cknna(...pair(given), { k: given.options["k"] as number })).value }),
  mutual_knn: async (given) =>
    tensorsOf({ mutual_knn: (await mutualKnn(...pair(given), { k: given.options["k"] as number })).value }),
  information_imbalance: async (given) => {
    const { value, reverse } = await informationImbalance(...pair(given), given.options);
    return tensorsOf({ x_to_y: value, y_to_x: reverse });
  },
  rsa: async (given) => {
    const distance = given.options["distance"] as "cosine";
    const compared = async (correlation: "spearman" | "pearson" | "kendall"): Promise<number> =>
      (await rsa(...pair(given), { distance, correlation })).value;
    const [x, y] = (await rsa(...pair(given), { distance })).dissimilarities;
    return tensorsOf({
      rdm_x: x,
      rdm_y: y,
      spearman: await compared("spearman"),
      pearson: await compared("pearson"),
      kendall: await compared("kendall"),
    });
  },
};
