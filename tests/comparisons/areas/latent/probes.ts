import {
  Bilinear,
  classMetrics,
  GradientLinear,
  type LinearCoefficients,
  LinearRegression,
  LogisticRegression,
  LowRankBilinear,
  MeanDifference,
  RidgeClassifier,
  selectivity,
} from "@hookdict/latent";
import { slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Compute, Given } from "../../methods/cases.ts";
import { tensorsOf } from "../../methods/results.ts";

const rows = (from: Tensor, [first, end]: readonly [number, number]): Tensor =>
  slice(from, [first, ...from.shape.slice(1).map(() => 0)], [end - first, ...from.shape.slice(1)]);

const coefficientsOf = ({ coef, intercept }: LinearCoefficients): Record<string, Tensor> =>
  tensorsOf({
    coef: coef.length === 1 ? (coef[0] ?? []) : coef,
    intercept: intercept.length === 1 ? (intercept[0] ?? 0) : intercept,
  });

const array = async <T>(given: Given, role: string): Promise<T> => (await given.input(role).array()) as T;

/** `logistic C = 1` in words. */
function named(options: Given["options"]): LogisticRegression {
  const C = /logistic C = ([\d.]+)/.exec(String(options["probe"]))?.[1];
  if (C === undefined) throw new Error(`no probe is called ${String(options["probe"])}`);
  return new LogisticRegression({ C: Number(C) });
}

/** All rows' squares beside R^2, from what the estimator predicts. */
const linearOf: Compute = async (given) => {
  const [x, y] = [given.input("X"), given.input("target")];
  const probe = await new LinearRegression().fit(x, y);
  const predicted = probe.predict(x);
  const [found, wanted] = [await predicted.data<"float32">(), await y.data()];
  predicted.dispose();
  const mse = found.reduce((sum, value, at) => sum + (value - (wanted[at] ?? 0)) ** 2 / found.length, 0);
  return { ...coefficientsOf(probe.coefficients), ...tensorsOf({ r2: await probe.score(x, y), mse }) };
};

const adamOf: Compute = async (given) => {
  const { epochs, lr, loss } = given.options as { epochs: number; lr: number; loss: string };
  const weights = await array<number[][]>(given, "W0");
  const coef = (weights[0] ?? []).map((_, output) => weights.map((row) => row[output] ?? 0));
  const probe = await new GradientLinear({
    epochs,
    learningRate: lr,
    loss: loss === "mse" ? "mse" : "crossEntropy",
    start: { coef, intercept: await array<number[]>(given, "b0") },
  }).fit(given.input("X"), given.input("y"));
  const found = probe.coefficients;
  return tensorsOf({ W: weights.map((_, at) => found.coef.map((row) => row[at] ?? 0)), b: found.intercept });
};

const forwardOf: Compute = async (given) => {
  const sites = [given.input("h1"), given.input("h2")] as const;
  const intercept = await array<number[]>(given, "b");
  if (given.has("A"))
    return { output: new Bilinear({ found: { A: await array(given, "A"), intercept } }).predict(sites) };
  const [U, bu, V, bv] = [
    await array(given, "U"),
    await array(given, "bu"),
    await array(given, "V"),
    await array(given, "bv"),
  ];
  const found = { U, bu, V, bv, intercept } as NonNullable<
    ConstructorParameters<typeof LowRankBilinear>[0]
  >["found"];
  return { output: new LowRankBilinear(found === undefined ? {} : { found }).predict(sites) };
};

/** How the cases' probes are computed, by method. */
export const probes: Readonly<Record<string, Compute>> = {
  linear_probe: linearOf,
  linear_probe_adam: adamOf,
  bilinear_probe_forward: forwardOf,
  bilinear_probe: async (given) => {
    const sites = [given.input("h1"), given.input("h2")] as const;
    const probe = await new Bilinear(given.options).fit(sites, given.input("target"));
    const { A, intercept } = probe.coefficients;
    return {
      ...tensorsOf({ A: A[0] ?? [], intercept: intercept[0] ?? 0 }),
      prediction: probe.predict(sites),
    };
  },
  ridge_probe: async (given) => {
    const { alpha } = given.options as { alpha: number };
    const x = given.input("X");
    if (!given.has("y"))
      return coefficientsOf(
        (await new LinearRegression({ alpha }).fit(x, given.input("target"))).coefficients,
      );
    const probe = await new RidgeClassifier({ alpha }).fit(x, given.input("y"));
    return { ...coefficientsOf(probe.coefficients), decision: probe.decision(x) };
  },
  logistic_probe: async (given) => {
    const { C, penalty = "l2" } = given.options as { C: number; penalty?: "l1" | "l2" };
    const x = given.input("X");
    const probe = await new LogisticRegression({ C, penalty }).fit(x, given.input("y"));
    return {
      ...coefficientsOf(probe.coefficients),
      ...tensorsOf({ loss: probe.loss }),
      decision: probe.decision(x),
      probabilities: probe.probabilities(x),
    };
  },
  mean_difference_probe: async (given) => {
    const probe = await new MeanDifference(given.options).fit(given.input("X"), given.input("y"));
    return { ...coefficientsOf(probe.coefficients), probabilities: probe.probabilities(given.input("X")) };
  },
  probe_metrics: async (given) => {
    const { train, test } = given.options as { train: [number, number]; test: [number, number] };
    const [x, y] = [given.input("X"), given.input("y")];
    const parts = [rows(x, train), rows(y, train), rows(x, test), rows(y, test)] as const;
    const probe = await named(given.options).fit(parts[0], parts[1]);
    const scores = tidy(() => probe.decision(parts[2]));
    const { balancedAccuracy, ...others } = await classMetrics(scores, parts[3]);
    for (const part of [...parts, scores]) part.dispose();
    return tensorsOf({ ...others, balanced_accuracy: balancedAccuracy });
  },
  selectivity: async (given) => {
    const { train } = given.options as { train: [number, number] };
    const found = await selectivity(
      () => named(given.options),
      given.input("X"),
      given.input("y"),
      given.input("control"),
      { train: train[1] },
    );
    return tensorsOf({ ...found });
  },
};
