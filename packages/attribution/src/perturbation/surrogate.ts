import { Matrix, solve } from "ml-matrix";
import { tensor, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong, samplesShape } from "../errors.ts";
import { refuseSites } from "../gradient/layer.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import {
  coalitionInputs,
  featuresOf,
  type PerturbationOptions,
  randomFrom,
  scoreRows,
  spreadFeatures,
} from "./features.ts";
import { allCoalitions } from "./shapley.ts";

/** Up to so many features all coalitions are used. */
const EXACT = 10;

/** Options of {@link Lime} and {@link KernelShap}. */
export interface SurrogateOptions extends PerturbationOptions {
  /** How many coalitions are drawn where there are more than 10 features. Default 256. */
  readonly samples?: number;
  /** Equal seeds, equal draws. Default 0. */
  readonly seed?: number;
  /** The coalitions themselves, `[samples, features]`, 1 where a feature is on. */
  readonly coalitions?: Tensor;
}

function checkSamples(method: string, { samples = 256 }: SurrogateOptions): void {
  if (!Number.isInteger(samples) || samples < 1)
    throw optionWrong(method, "samples", samples, "a whole number from 1 up");
}

function coalitionsOf(count: number, { coalitions, samples = 256, seed = 0 }: SurrogateOptions): boolean[][] {
  if (coalitions !== undefined) {
    if (coalitions.rank !== 2 || coalitions.shape[1] !== count)
      throw samplesShape("coalitions", coalitions.shape, `[samples, ${count}]`);
    const data = coalitions.dataSync();
    return Array.from({ length: coalitions.shape[0] ?? 0 }, (_, s) =>
      Array.from(data.subarray(s * count, (s + 1) * count), (each) => each !== 0),
    );
  }
  // The last feature changes fastest.
  if (count <= EXACT) return allCoalitions(count).map((each) => [...each].reverse());
  const random = randomFrom(seed);
  return Array.from({ length: samples }, () => Array.from({ length: count }, () => random() < 0.5));
}

/** Weighted least squares with a penalty on all but the first column. */
function fit(
  rows: readonly (readonly number[])[],
  y: readonly number[],
  weights: readonly number[],
  penalty: readonly number[],
): number[] {
  const size = penalty.length;
  const normal = Matrix.zeros(size, size);
  const right = Matrix.zeros(size, 1);
  for (const [r, row] of rows.entries()) {
    const weight = weights[r] ?? 0;
    for (let i = 0; i < size; i++) {
      right.set(i, 0, right.get(i, 0) + weight * (row[i] ?? 0) * (y[r] ?? 0));
      for (let j = 0; j < size; j++)
        normal.set(i, j, normal.get(i, j) + weight * (row[i] ?? 0) * (row[j] ?? 0));
    }
  }
  for (let i = 0; i < size; i++) normal.set(i, i, normal.get(i, i) + (penalty[i] ?? 0));
  return solve(normal, right, true).to1DArray(); // by singular values: too few samples give the shortest solution
}

/** Options of {@link Lime}. */
export interface LimeOptions extends SurrogateOptions {
  /** Width of the kernel `exp(-d² / (2 width²))`, where `d` is 1 less the cosine to the whole. Default 1. */
  readonly kernelWidth?: number;
  /** Weight of the ridge penalty; the intercept has none. Default 0.01. */
  readonly alpha?: number;
}

/**
 * A linear model of what switching features does near the example. Adds `coef` `[batch, features]`, `intercept`
 * `[batch]`; `keep: ["weights"]` gives the kernel's weights.
 *
 * Its coefficients depend on kernel and draws: use Shapley values where numbers matter.
 *
 * @see Ribeiro, Singh and Guestrin, https://arxiv.org/abs/1602.04938
 */
export class Lime extends AttributionMethod {
  override readonly name = "Lime";
  readonly #options: LimeOptions;

  constructor(options: LimeOptions = {}) {
    super(options);
    refuseSites(this.name, options);
    checkSamples(this.name, options);
    const { kernelWidth = 1, alpha = 0.01 } = options;
    if (!(kernelWidth > 0)) throw optionWrong(this.name, "kernelWidth", kernelWidth, "a number above 0");
    if (!(alpha >= 0)) throw optionWrong(this.name, "alpha", alpha, "a number from 0 up");
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const { baseline = 0, featureMask, kernelWidth = 1, alpha = 0.01 } = this.#options;
    const features = featuresOf(this.name, job, featureMask);
    const coalitions = coalitionsOf(features.count, this.#options);
    const inputs = coalitionInputs(job, features, coalitions, baseline);
    const { scores } = yield { inputs, rows: coalitions.length * job.batch, score: job.score };
    const worth = scoreRows(scores as Tensor, coalitions.length); // there is a score
    const weights = coalitions.map((each) => {
      const on = each.filter(Boolean).length;
      const distance = on === 0 ? 1 : 1 - Math.sqrt(on / features.count);
      return Math.exp(-(distance ** 2) / (2 * kernelWidth ** 2));
    });
    const rows = coalitions.map((each) => [1, ...each.map(Number)]);
    const penalty = [0, ...Array.from({ length: features.count }, () => alpha)];
    const fits = Array.from({ length: job.batch }, (_, b) =>
      fit(
        rows,
        worth.map((each) => each[b] ?? 0),
        weights,
        penalty,
      ),
    );
    const values = Array.from({ length: features.count }, (_, f) => fits.map((each) => each[f + 1] ?? 0));
    return {
      attr: spreadFeatures(job, features, values),
      extra: {
        coef: tensor(
          fits.flatMap((each) => each.slice(1)),
          [job.batch, features.count],
        ),
        intercept: tensor1d(fits.map(([first = 0]) => first)),
      },
      ways: {
        weights: {
          kernel: tensor(Array.from({ length: job.batch }, () => weights).flat(), [
            job.batch,
            weights.length,
          ]),
        },
      },
    };
  }
}

/**
 * Shapley values by weighted least squares over coalitions; the empty and the full one are exact constraints, so that the
 * values add up. All coalitions are used up to 10 features: the values are then exact.
 *
 * @see Lundberg and Lee, https://arxiv.org/abs/1705.07874
 */
export class KernelShap extends AttributionMethod {
  override readonly name = "KernelShap";
  readonly #options: SurrogateOptions;

  constructor(options: SurrogateOptions = {}) {
    super(options);
    refuseSites(this.name, options);
    checkSamples(this.name, options);
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const { baseline = 0, featureMask } = this.#options;
    const features = featuresOf(this.name, job, featureMask);
    const { count } = features;
    const inner = coalitionsOf(count, this.#options).filter(
      (each) => each.includes(true) && each.includes(false),
    );
    const coalitions = [
      ...inner,
      Array.from({ length: count }, () => false),
      Array.from({ length: count }, () => true),
    ];
    const inputs = coalitionInputs(job, features, coalitions, baseline);
    const { scores } = yield { inputs, rows: coalitions.length * job.batch, score: job.score };
    const worth = scoreRows(scores as Tensor, coalitions.length); // there is a score
    const [empty, full] = [worth.at(-2), worth.at(-1)] as [Float64Array, Float64Array]; // put there above
    // The last value is what the others leave of the whole.
    const last = count - 1;
    const rows = inner.map((each) => each.slice(0, last).map((on) => Number(on) - Number(each[last])));
    const isAll = this.#options.coalitions === undefined && count <= EXACT;
    const weights = inner.map((each) =>
      isAll ? kernel(count, each.filter(Boolean).length) : sampleWeight(count, each),
    );
    const fits = Array.from({ length: job.batch }, (_, b) => {
      const whole = (full[b] ?? 0) - (empty[b] ?? 0);
      const y = inner.map(
        (each, c) => (worth[c]?.[b] ?? 0) - (empty[b] ?? 0) - (each[last] === true ? whole : 0),
      );
      const first =
        last === 0
          ? []
          : fit(
              rows,
              y,
              weights,
              Array.from({ length: last }, () => 0),
            );
      return [...first, whole - first.reduce((a, c) => a + c, 0)];
    });
    const values = Array.from({ length: count }, (_, f) => fits.map((each) => each[f] ?? 0));
    return { attr: spreadFeatures(job, features, values) };
  }
}

/** `(k - 1) / (C(k, s) s (k - s))` */
function kernel(players: number, size: number): number {
  let choices = 1;
  for (let i = 0; i < size; i++) choices = (choices * (players - i)) / (i + 1);
  return (players - 1) / (choices * size * (players - size));
}

/** Coalitions that were drawn with even chances count with the kernel, too. */
function sampleWeight(players: number, coalition: readonly boolean[]): number {
  return kernel(players, coalition.filter(Boolean).length);
}
