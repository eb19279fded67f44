import { AT, methodOptions } from "../options.ts";
import { optionInvalid, type ValuesOf } from "@hookdict/contexts";
import {
  gather,
  reshape,
  sub,
  tensor,
  tensor1d,
  tidy,
  tile,
  where,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { baselineInputs } from "../baseline.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import {
  coalitionInputs,
  featuresOf,
  PERTURBATION,
  type PerturbationOptions,
  scoreFalls,
  spreadFeatures,
} from "../perturbation/features.ts";
import { repeatedRows } from "../gradient/line.ts";
import { type LazyRows, takeRows } from "../passes/rows.ts";

/** Options of methods with a `baseline` at the inputs and, with `at`, units of sites. */
export interface FeatureAblationOptions extends AttributionOptions, PerturbationOptions {}

/** Coalitions without one feature each. */
function leaveOneOut(count: number): boolean[][] {
  return Array.from({ length: count }, (_, off) => Array.from({ length: count }, (__, i) => i !== off));
}

const OPTIONS = { at: AT, ...PERTURBATION };

/**
 * How much the target falls when a feature is set to its baseline, for every entry of the feature. With `at`, a unit of
 * the site is set to what it is for the baseline input.
 *
 * Use it for few features, and where interactions between them do not matter.
 *
 * @see Zeiler and Fergus, https://arxiv.org/abs/1311.2901
 */
export class FeatureAblation extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: FeatureAblationOptions = {}) {
    const read = methodOptions("FeatureAblation", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  override get isDifferentiable(): boolean {
    return this.at !== undefined;
  }

  override compute(job: Job): Computation {
    return job.isAtInputs ? this.#atInputs(job) : this.#atSites(job);
  }

  *#atInputs(job: Job): Computation {
    const features = featuresOf(this.name, job, this.#options.featureMask);
    const { baseline } = this.#options;
    const inputs = coalitionInputs(job, features, leaveOneOut(features.count), baseline);
    const rows = features.count * job.batch;
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score, later: [{ rows }] };
    const { scores } = yield { inputs, rows, score: job.score };
    const falls = scoreFalls(whole.scores as Tensor, scores as Tensor, features.count); // both have scores
    return { attr: spreadFeatures(job, features, falls) };
  }

  *#atSites(job: Job): Computation {
    const { baseline, featureMask } = this.#options;
    if (featureMask !== undefined)
      throw optionInvalid(
        this.name,
        "featureMask",
        featureMask,
        "none together with at: each unit is a feature",
      );
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score, values: job.places };
    const start = yield { inputs: baselineInputs(job, baseline), rows: job.batch, values: job.places };
    const attr: Record<string, Tensor> = {};
    for (const place of job.places) {
      const [value, off] = [whole.values[place] as Tensor, start.values[place] as Tensor]; // both were asked for
      const units = value.size / job.batch;
      const replace = { [place]: job.shareOwn(`units ${place}`, () => eachUnitFrom(value, off, units)) };
      const inputs = job.args.tensors.map((input) =>
        job.share(`${units} of ${input.id}`, () => repeatedRows(input, units)),
      );
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

/** Copies of a value with one unit each taken from another, `[units * batch, ...]`, made as they run. */
function eachUnitFrom(value: Tensor, other: Tensor, units: number): LazyRows {
  const batch = value.shape[0] ?? 1;
  return {
    dtype: value.dtype,
    take(start, count) {
      const [first, end] = [Math.floor(start / batch), Math.ceil((start + count) / batch)];
      const isKept = new Uint8Array((end - first) * units).fill(1);
      for (let unit = first; unit < end; unit++) isKept[(unit - first) * units + unit] = 0;
      return tidy(() => {
        const copies = (of: Tensor): Tensor => tile(reshape(of, [1, batch, units]), [end - first, 1, 1]);
        const mask = tile(reshape(tensor(isKept, undefined, "bool"), [-1, 1, units]), [1, batch, 1]);
        const mixed = where(mask, copies(value), copies(other));
        const rows = reshape(mixed, [(end - first) * batch, ...value.shape.slice(1)]);
        return takeRows(rows, start - first * batch, count);
      });
    },
  };
}
