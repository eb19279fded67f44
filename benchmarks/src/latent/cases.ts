import { cka, informationImbalance, LogisticRegression, SparseDictionary, twoNn } from "@hookdict/latent";
import { add, cast, greater, matMul, randomNormal, reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** The cases of ../../python/latent.py, by their names there. */
export interface Cases {
  readonly [name: string]: () => Promise<void> | void;
}

/** Points, their width, sites of probes with their rows, and features of a dictionary with its rows. */
const [POINTS, WIDTH, SITES, ROWS, FEATURES, ENCODED] = [10_000, 512, 24, 2_000, 16_384, 4_096];

/** Makes everything that cases need. */
export function latentCases(): Cases {
  const normal = (shape: number[], seed: number): Tensor => randomNormal(shape, 0, 1, "float32", seed);
  const x = normal([POINTS, WIDTH], 1);
  const y = tidy(() => add(x, normal([POINTS, WIDTH], 2)));
  const sites = Array.from({ length: SITES }, (_, site) => normal([ROWS, WIDTH], 10 + site));
  const labels = sites.map((values, site) =>
    tidy(() => {
      const told = add(
        matMul(values, normal([WIDTH, 1], 50 + site)),
        randomNormal([ROWS, 1], 0, 12, "float32", 90),
      );
      return cast(greater(reshape(told, [ROWS]), 0), "int32");
    }),
  );
  const dictionary = new SparseDictionary(
    { activation: "relu", dIn: WIDTH, dSae: FEATURES },
    {
      wEnc: normal([WIDTH, FEATURES], 3),
      bEnc: normal([FEATURES], 4),
      wDec: normal([FEATURES, WIDTH], 5),
      bDec: normal([WIDTH], 6),
    },
  );
  const rows = normal([ENCODED, WIDTH], 7);
  return {
    CKA: async () => void (await cka(x, y)),
    TwoNN: async () => void (await twoNn(x)),
    "information imbalance": async () => void (await informationImbalance(x, y)),
    "24 logistic probes": async () => {
      for (const [site, values] of sites.entries())
        await new LogisticRegression().fit(values, labels[site] as Tensor);
    },
    "SAE encode": () => dictionary.encode(rows).dispose(), // the backend has computed it by then
  };
}
