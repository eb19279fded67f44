import { BASELINE, COUNT, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Baseline } from "../baseline.ts";
import { maskShape } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import {
  coalitionInputs,
  type Features,
  featuresOf,
  scoreRows,
  spreadFeatures,
} from "../perturbation/features.ts";

/** Options of {@link Occlusion}. */
export interface OcclusionOptions {
  /** Size of the window along each axis of an example. */
  readonly window: readonly number[];
  /** Steps of the window along each axis. Default its size. */
  readonly strides?: readonly number[];
  /** What is under the window. Default 0. */
  readonly baseline?: Baseline;
}

const OPTIONS = {
  window: option.list(COUNT).wants("a size from 1 on for each axis of an example").required(),
  strides: option.list(COUNT).wants("a step from 1 on for each axis of an example"),
  baseline: BASELINE,
};

/**
 * How much the target falls when a window hides a part of the input, averaged over the windows that hide an entry.
 * Windows at the end are cut. For models of one input.
 *
 * @see Zeiler and Fergus, https://arxiv.org/abs/1311.2901
 */
export class Occlusion extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: OcclusionOptions) {
    const read = methodOptions("Occlusion", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  override get isDifferentiable(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const { window, strides = window, baseline } = this.#options;
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
    const rows = windows.length * job.batch;
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score, later: [{ rows }] };
    const { scores } = yield { inputs, rows, score: job.score };
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
