import {
  ActivationCaching,
  ActivationPatching,
  Bilinear,
  GradientLinear,
  LinearRegression,
  LogisticRegression,
  LowRankBilinear,
  MeanDifference,
  RidgeClassifier,
  SparseProbe,
  SparseDictionary,
  Transcoders,
  type Estimator,
} from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { scalar, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { Point } from "../../support/models.ts";
import { owned, type Recipes, type Subject } from "../recipes.ts";

const rows = (): Tensor => tensor2d([0, 1, 1, 3, 3, 0, 4, 2, 2, 2, 5, 1], [6, 2]);
const labels = (): Tensor => tensor1d([0, 0, 1, 1, 0, 1], "int32");
const fit = (): readonly unknown[] => [rows(), labels()];
const fitPairs = (): readonly unknown[] => [[rows(), rows()], labels()];
const pair = (): readonly unknown[] => [rows(), rows(), {}];
const points = (): readonly unknown[] => [rows(), { k: 2 }];
const estimators = {
  GradientLinear,
  LinearRegression,
  LogisticRegression,
  MeanDifference,
  RidgeClassifier,
  SparseProbe,
};
const ofTwoSites = { Bilinear, LowRankBilinear };
const source = (): TensorDict => new TensorDict({ fwd: { hook_x: scalar(1) } });

const square = (): Tensor => tensor2d([1, 0, 0, 1], [2, 2]);
const dictionary = (): SparseDictionary =>
  new SparseDictionary(
    { activation: "relu", dIn: 2, dSae: 2, site: "hook_x", outputSite: "hook_x" },
    { wEnc: square(), wDec: square(), bEnc: tensor1d([0, 0]), bDec: tensor1d([0, 0]) },
  );

function each<T>(names: object, methods: readonly string[], make: () => T): Record<string, () => T> {
  const keys = Object.keys(names).flatMap((name) => methods.map((method) => `${name}.${method}`));
  return Object.fromEntries(keys.map((key) => [key, make]));
}

/** Fitted once: what is asked of it does not change it. */
const all = new Map<string, Subject>();

async function fitted(estimator: Estimator, x: Tensor | readonly Tensor[]): Promise<Subject> {
  const known = all.get(estimator.name);
  const y = labels();
  if (known === undefined) await estimator.fit(x as Tensor, y); // of two sites where the estimator takes two
  for (const tensor of [x, y].flat()) tensor.dispose();
  const subject = known ?? { value: estimator };
  all.set(estimator.name, subject);
  return subject;
}

export const LATENT: Recipes = {
  subjects: {
    ActivationCaching: () => owned(new ActivationCaching("**")),
    ActivationPatching: () => {
      const dict = source();
      return { value: new ActivationPatching("**", { source: dict }), end: () => dict.dispose() };
    },
    Bilinear: async () => fitted(new Bilinear() as never, [rows(), rows()]),
    LowRankBilinear: async () => fitted(new LowRankBilinear() as never, [rows(), rows()]),
    ...Object.fromEntries(
      Object.entries(estimators).map(([name, Made]) => [name, async () => fitted(new Made(), rows())]),
    ),
  },
  right: {
    ...each(estimators, ["fit", "score"], fit),
    ...each(ofTwoSites, ["fit", "score"], fitPairs),
    "ActivationCaching.plan": () => [new Point(), { unmatched: "error" }],
    "ActivationCaching.prepare": () => [new Point(), { unmatched: "error" }],
    "new ActivationCaching": () => [
      "**",
      { directions: ["fwd"], slice: {}, passes: "all", stopEarly: false },
    ],
    "new ActivationPatching": () => ["**", { source: source(), relative: "" }],
    "new Bilinear": () => [{ alpha: 1, found: undefined }],
    "new GradientLinear": () => [
      { loss: "mse", seed: 1, epochs: 1, learningRate: 1, onEpoch: () => undefined },
    ],
    "new LinearRegression": () => [{ alpha: 1, penalty: "l2" }],
    "new LogisticRegression": () => [{ C: 1, penalty: "l2" }],
    "new DictionarySplicing": () => [{ dictionary: dictionary(), errorTerm: "none" }],
    "new DictionaryTrainer": () => [{ dIn: 2, dSae: 2, activation: "topK", k: 1 }],
    "new FeatureExamples": () => [dictionary(), { k: 1 }],
    "new Probing": () => ["**", { estimator: () => new MeanDifference() }],
    "new SparseDictionary": () => [
      { activation: "relu", dIn: 2, dSae: 2 },
      { wEnc: square(), wDec: square(), bEnc: tensor1d([0, 0]), bDec: tensor1d([0, 0]) },
    ],
    "new TranscoderSplicing": () => [{ transcoders: new Transcoders([dictionary()]) }],
    "new Transcoders": () => [[dictionary()]],
    "new LowRankBilinear": () => [{ seed: 1, epochs: 1, learningRate: 1, onEpoch: () => undefined }],
    "new MeanDifference": () => [{ normalize: true }],
    "new RidgeClassifier": () => [{ alpha: 1 }],
    "new SparseProbe": () => [{ k: 1 }],
    caPca: points,
    cca: pair,
    cka: pair,
    cknna: () => [rows(), rows(), { k: 2 }],
    classMetrics: () => [labels(), labels()],
    conceptVector: () => [rows(), rows(), {}],
    contrastVector: () => [rows(), rows(), {}],
    eraseConcept: () => [rows(), labels(), {}],
    gride: () => [rows(), { ranks: [1, 2] }],
    informationImbalance: pair,
    likelihoodDimension: points,
    localKnn: points,
    localPca: points,
    mutualKnn: () => [rows(), rows(), { k: 2 }],
    pcaSpectrum: () => [rows()],
    procrustes: pair,
    pwcca: pair,
    rsa: pair,
    selectivity: () => [() => new MeanDifference(), rows(), labels(), labels(), { train: 3 }],
    svcca: pair,
    tcav: () => [rows(), { vector: Float64Array.of(1, 0) }],
    twoNn: () => [rows(), {}],
  },
  spared: {
    ActivationAdditionContext: "prepare makes it",
    ProbingContext: "prepare makes it",
  },
};
