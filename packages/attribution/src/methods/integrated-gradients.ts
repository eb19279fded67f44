import { AT, FLAG, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import { mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { baselineInputs } from "../baseline.ts";
import { convergenceDelta, lineOf, lineRows, mapPlaces, repeatedRows } from "../gradient/line.ts";
import type { Nodes } from "../gradient/nodes.ts";
import { PATH, type PathOptions, pathNodes } from "../gradient/path-options.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import type { ByPlace, LaterPass, PassResult } from "../passes/pass.ts";
import { byExample, weigh } from "../rows.ts";

/** Options of {@link IntegratedGradients}. */
export interface IntegratedGradientsOptions extends AttributionOptions, PathOptions {
  /** Multiply the mean gradient by input minus baseline. Default `true`. */
  readonly multiplyByInputs?: boolean;
  /** Add `delta` `[batch]`: the sum of attributions less the change of the target; two more passes. Default `false`. */
  readonly delta?: boolean;
  /**
   * What Captum computes where that is something else: trapezoid weights `1/n`, and a `delta` of attributions that are
   * not multiplied. Default the formulas of the paper.
   */
  readonly compatibility?: "captum";
}

const OPTIONS = {
  at: AT,
  ...PATH,
  multiplyByInputs: option.boolean().default(true),
  delta: FLAG,
  compatibility: option.oneOf("captum"),
};

/**
 * Gradients averaged on the straight line from a baseline to the input, times input minus baseline. Attributions sum to
 * the change of the target (completeness). With `at`, the value of the site moves on a straight line between what
 * baseline and input give there, and all before it sees the input: layer integrated gradients.
 *
 * Use it where contributions should add up; choose the baseline with care. It needs `steps` passes.
 *
 * @see Sundararajan, Taly and Yan, https://arxiv.org/abs/1703.01365
 * @example
 * const model = hookFunction((x: Tensor) => mul(x, x));
 * const x = tensor1d([2]);
 * using hooked = new IntegratedGradients({ steps: 2 }).prepare(model);
 * using result = hooked.attribute([x]);
 * (result.get(["attr", "input"]) as Tensor).dataSync()[0]?.toFixed(3); // => "4.000"
 */
export class IntegratedGradients extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;
  readonly #nodes: Nodes;

  constructor(options: IntegratedGradientsOptions = {}) {
    const read = methodOptions("IntegratedGradients", OPTIONS, options);
    super(read);
    this.#options = read.values;
    const { compatibility, rule } = read.values;
    const nodes = pathNodes(read.name, read.values);
    const isShort = compatibility === "captum" && rule === "riemann_trapezoid";
    const factor = isShort ? 1 - 1 / nodes.at.length : 1;
    this.#nodes = { at: nodes.at, weights: nodes.weights.map((weight) => weight * factor) };
  }

  override compute(job: Job): Computation {
    return job.isAtInputs ? this.#atInputs(job) : this.#atSites(job);
  }

  *#atInputs(job: Job): Computation {
    const { baseline } = this.#options;
    const { at } = this.#nodes;
    const line = lineOf(job, baseline, at);
    const found = yield {
      inputs: line.points,
      rows: at.length * job.batch,
      score: job.score,
      gradients: job.places,
      fold: job.fold(this.#nodes.weights),
      later: this.#later(job),
    };
    const place = (name: string, tensors: readonly Tensor[]): Tensor =>
      tensors[job.args.names.indexOf(name)] as Tensor; // every place is an input
    const values = Object.fromEntries(job.places.map((name) => [name, place(name, job.args.tensors)]));
    const starts = Object.fromEntries(job.places.map((name) => [name, place(name, line.baselines)]));
    return yield* this.#finish(job, found, values, starts);
  }

  *#atSites(job: Job): Computation {
    const { at } = this.#nodes;
    const { baseline } = this.#options;
    const [inputs, baselines] = [job.args.tensors, baselineInputs(job, baseline)];
    const rows = at.length * job.batch;
    const later = [{ rows, isPerTarget: true }, ...this.#later(job)];
    const ends = yield {
      inputs,
      rows: job.batch,
      values: job.places,
      later: [{ rows: job.batch }, ...later],
    };
    const starts = yield { inputs: baselines, rows: job.batch, values: job.places, later };
    const replace = Object.fromEntries(
      job.places.map((place) => [
        place,
        job.shareOwn(`line ${place}`, () =>
          lineRows(starts.values[place] as Tensor, ends.values[place] as Tensor, at),
        ),
      ]),
    );
    const found = yield {
      inputs: inputs.map((input) =>
        job.share(`${at.length} of ${input.id}`, () => repeatedRows(input, at.length)),
      ),
      rows,
      score: job.score,
      gradients: job.places,
      replace,
      fold: job.fold(this.#nodes.weights),
      later: this.#later(job),
    };
    return yield* this.#finish(job, found, ends.values, starts.values);
  }

  /** The two passes that `delta` takes. */
  #later({ batch }: Job): readonly LaterPass[] {
    return this.#options.delta ? [{ rows: batch }, { rows: batch }] : [];
  }

  *#finish(job: Job, { gradients, isFolded }: PassResult, values: ByPlace, starts: ByPlace): Computation {
    const { multiplyByInputs, delta, baseline, compatibility } = this.#options;
    const { at, weights } = this.#nodes;
    const pick = (place: string): Tensor => gradients[place] as Tensor; // one for each place
    const local = Object.fromEntries(
      job.places.map((place) => [place, job.own(isFolded ? pick(place) : weigh(pick(place), weights))]),
    );
    const ways = isFolded ? {} : { gradients: mapPlaces(gradients, (each) => byExample(each, at.length)) };
    const whole = mapPlaces(local, (value, place) =>
      job.own(mul(value, sub(values[place] as Tensor, starts[place] as Tensor))),
    );
    const attr = multiplyByInputs ? whole : local;
    if (!delta) return { attr, ways };
    const end = yield {
      inputs: job.args.tensors,
      rows: job.batch,
      score: job.score,
      later: [{ rows: job.batch }],
    };
    const start = yield {
      inputs: baselineInputs(job, baseline),
      rows: job.batch,
      score: job.score,
    };
    const summed = compatibility === "captum" ? attr : whole;
    return {
      attr,
      extra: { delta: convergenceDelta(summed, end.scores as Tensor, start.scores as Tensor) },
      ways,
    };
  }
}
