import {
  concat,
  gather,
  reshape,
  sub,
  tensor1d,
  tensor,
  tidy,
  tile,
  where,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { type Baseline, baselineInputs } from "../baseline.ts";
import { maskShape, optionWrong, samplesShape } from "../errors.ts";
import { refuseSites } from "../gradient/layer.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { repeatBatch } from "../rows.ts";
import {
  coalitionInputs,
  type Features,
  featuresOf,
  type PerturbationOptions,
  randomFrom,
  scoreRows,
  shuffled,
  spreadFeatures,
} from "./features.ts";

/** Options of methods with a `baseline` at the inputs and, with `at`, units of sites. */
export type FeatureAblationOptions = PerturbationOptions;

/** Coalitions without one feature each. */
function leaveOneOut(count: number): boolean[][] {
  return Array.from({ length: count }, (_, off) => Array.from({ length: count }, (__, i) => i !== off));
}

/**
 * How much the target falls when a feature is set to its baseline, for every entry of the feature. With `at`, a unit of
 * the site is set to what it is for the baseline input.
 *
 * Use it for few features, and where interactions between them do not matter.
 *
 * @see Zeiler and Fergus, https://arxiv.org/abs/1311.2901
 */
export class FeatureAblation extends AttributionMethod {
  override readonly name = "FeatureAblation";
  readonly #options: FeatureAblationOptions;

  constructor(options: FeatureAblationOptions = {}) {
    super(options);
    this.#options = options;
  }

  override compute(job: Job): Computation {
    return job.isAtInputs ? this.#atInputs(job) : this.#atSites(job);
  }

  *#atInputs(job: Job): Computation {
    const features = featuresOf(this.name, job, this.#options.featureMask);
    const { baseline = 0 } = this.#options;
    const inputs = coalitionInputs(job, features, leaveOneOut(features.count), baseline);
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score };
    const { scores } = yield { inputs, rows: features.count * job.batch, score: job.score };
    const [top] = scoreRows(whole.scores as Tensor, 1) as [Float64Array]; // there is a score
    const falls = scoreRows(scores as Tensor, features.count).map((each) =>
      each.map((value, b) => (top[b] ?? 0) - value),
    );
    return { attr: spreadFeatures(job, features, falls) };
  }

  *#atSites(job: Job): Computation {
    const { baseline = 0, featureMask } = this.#options;
    if (featureMask !== undefined)
      throw optionWrong(this.name, "featureMask", "given", "none together with at: each unit is a feature");
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score, values: job.places };
    const start = yield { inputs: baselineInputs(job, baseline), rows: job.batch, values: job.places };
    const attr: Record<string, Tensor> = {};
    for (const place of job.places) {
      const [value, off] = [whole.values[place] as Tensor, start.values[place] as Tensor]; // both were asked for
      const units = value.size / job.batch;
      const replace = { [place]: job.own(eachUnitFrom(value, off, units)) };
      const inputs = job.args.tensors.map((input) => job.own(repeatBatch(input, units)));
      const { scores } = yield { inputs, rows: units * job.batch, score: job.score, replace };
      const fall = sub(
        reshape(whole.scores as Tensor, [1, -1]),
        reshape(scores as Tensor, [units, job.batch]),
      ); // there is a score
      attr[place] = job.own(reshape(transposed(fall), value.shape));
    }
    return { attr };
  }
}

function transposed(matrix: Tensor): Tensor {
  const [rows = 0, columns = 0] = matrix.shape;
  const order = Array.from({ length: rows * columns }, (_, i) => (i % rows) * columns + Math.floor(i / rows));
  return gather(reshape(matrix, [-1]), tensor1d(order, "int32"));
}

/** Copies of a value with one unit each taken from another, `[units * batch, ...]`. */
function eachUnitFrom(value: Tensor, other: Tensor, units: number): Tensor {
  return tidy(() => {
    const batch = value.shape[0] ?? 1;
    const flat = reshape(value, [1, batch, units]);
    const isKept = Array.from({ length: units * units }, (_, i) => Math.floor(i / units) !== i % units);
    const mask = tile(reshape(tensor(isKept, [units * units], "bool"), [units, 1, units]), [1, batch, 1]);
    const mixed = where(
      mask,
      tile(flat, [units, 1, 1]),
      tile(reshape(other, [1, batch, units]), [units, 1, 1]),
    );
    return reshape(mixed, [units * batch, ...value.shape.slice(1)]);
  });
}

/** Options of {@link Occlusion}. */
export interface OcclusionOptions extends AttributionOptions {
  /** Size of the window along each axis of an example. */
  readonly window: readonly number[];
  /** Steps of the window along each axis. Default its size. */
  readonly strides?: readonly number[];
  /** What is under the window. Default 0. */
  readonly baseline?: Baseline;
}

/**
 * How much the target falls when a window hides a part of the input, averaged over the windows that hide an entry.
 * Windows at the end are cut. For models of one input.
 *
 * @see Zeiler and Fergus, https://arxiv.org/abs/1311.2901
 */
export class Occlusion extends AttributionMethod {
  override readonly name = "Occlusion";
  readonly #options: OcclusionOptions;

  constructor(options: OcclusionOptions) {
    super(options);
    refuseSites(this.name, options);
    const { window, strides = window } = options;
    const isGood = (list: unknown): boolean =>
      Array.isArray(list) && list.every((size) => Number.isInteger(size) && (size as number) > 0);
    if (!isGood(window))
      throw optionWrong(this.name, "window", window, "a size from 1 up for each axis of an example");
    if (!isGood(strides))
      throw optionWrong(this.name, "strides", strides, "a step from 1 up for each axis of an example");
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const { window, strides = window, baseline = 0 } = this.#options;
    const [place = "input"] = job.places;
    const shape = job.input(place).shape.slice(1);
    if (job.places.length > 1 || window.length !== shape.length || strides.length !== shape.length)
      throw maskShape(place, window, shape);
    const windows = windowsOf(shape, window, strides);
    // Each entry is a feature: a coalition is what the window leaves.
    const features: Features = featuresOf(this.name, job, undefined);
    const coalitions = windows.map((hidden) =>
      Array.from({ length: features.count }, (_, i) => !hidden.has(i)),
    );
    const inputs = coalitionInputs(job, features, coalitions, baseline);
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score };
    const { scores } = yield { inputs, rows: windows.length * job.batch, score: job.score };
    const [top] = scoreRows(whole.scores as Tensor, 1) as [Float64Array]; // there is a score
    const each = scoreRows(scores as Tensor, windows.length);
    const sums = Array.from({ length: features.count }, () => new Float64Array(job.batch));
    const counts = new Float64Array(features.count);
    for (const [w, hidden] of windows.entries())
      for (const i of hidden) {
        counts[i] = (counts[i] ?? 0) + 1;
        for (let b = 0; b < job.batch; b++)
          (sums[i] as Float64Array)[b]! += (top[b] ?? 0) - (each[w]?.[b] ?? 0);
      }
    return {
      attr: spreadFeatures(
        job,
        features,
        sums.map((total, i) => total.map((value) => value / Math.max(1, counts[i] ?? 1))),
      ),
    };
  }
}

/** The entries under each window. */
function windowsOf(
  shape: readonly number[],
  window: readonly number[],
  strides: readonly number[],
): Set<number>[] {
  let windows: number[][] = [[0]];
  for (const [axis, size] of shape.entries()) {
    const [width, step] = [window[axis] ?? 1, strides[axis] ?? 1];
    const count = Math.max(0, Math.ceil((size - width) / step)) + 1;
    const starts = Array.from({ length: count }, (_, i) => i * step);
    windows = windows.flatMap((entries) =>
      starts.map((start) => {
        const along = Array.from({ length: Math.min(width, size - start) }, (_, i) => start + i);
        return entries.flatMap((entry) => along.map((at) => entry * size + at));
      }),
    );
  }
  return windows.map((entries) => new Set(entries));
}

/** Options of {@link FeaturePermutation}. */
export interface FeaturePermutationOptions extends Omit<PerturbationOptions, "baseline"> {
  /** Equal seeds, equal permutations. Default 0. */
  readonly seed?: number;
  /** From which example each takes a feature, int32 `[features, batch]`, in place of drawing it. */
  readonly permutations?: Tensor;
}

/**
 * How much the target falls when an example gets a feature of another example of the batch.
 *
 * @see Breiman, Random forests, 2001; Fisher, Rudin and Dominici, https://arxiv.org/abs/1801.01489
 */
export class FeaturePermutation extends AttributionMethod {
  override readonly name = "FeaturePermutation";
  readonly #options: FeaturePermutationOptions;

  constructor(options: FeaturePermutationOptions = {}) {
    super(options);
    refuseSites(this.name, options);
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const features = featuresOf(this.name, job, this.#options.featureMask);
    const orders = this.#orders(features.count, job.batch);
    const rows: Tensor[][] = job.args.tensors.map(() => []);
    for (const [feature, order] of orders.entries()) {
      const from = job.args.tensors.map((value) => gather(value, tensor1d(order, "int32")));
      for (const [i, name] of job.args.names.entries()) {
        const value = job.args.tensors[i] as Tensor; // one for each name
        const numbers = features.of[name];
        if (numbers === undefined) rows[i]?.push(value);
        else {
          const mask = tensor(
            Array.from(numbers, (each) => each === feature),
            [1, ...value.shape.slice(1)],
            "bool",
          );
          rows[i]?.push(
            where(tile(mask, [job.batch, ...value.shape.slice(1).map(() => 1)]), from[i] as Tensor, value),
          );
        }
      }
    }
    const inputs = rows.map((each) => job.own(concat(each, 0)));
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score };
    const { scores } = yield { inputs, rows: features.count * job.batch, score: job.score };
    const [top] = scoreRows(whole.scores as Tensor, 1) as [Float64Array]; // there is a score
    const falls = scoreRows(scores as Tensor, features.count).map((each) =>
      each.map((value, b) => (top[b] ?? 0) - value),
    );
    return { attr: spreadFeatures(job, features, falls) };
  }

  #orders(count: number, batch: number): number[][] {
    const { permutations, seed = 0 } = this.#options;
    if (permutations === undefined) {
      const random = randomFrom(seed);
      return Array.from({ length: count }, () => shuffled(batch, random));
    }
    if (permutations.shape.join() !== [count, batch].join())
      throw samplesShape("permutations", permutations.shape, `[${count}, ${batch}]: features, batch`);
    const data = permutations.dataSync();
    return Array.from({ length: count }, (_, f) => Array.from(data.subarray(f * batch, (f + 1) * batch)));
  }
}
