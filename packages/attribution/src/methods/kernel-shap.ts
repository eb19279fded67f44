import { methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { EXACT } from "../perturbation/coalitions.ts";
import { coalitionInputs, featuresOf, scoreRows, spreadFeatures } from "../perturbation/features.ts";
import { fit } from "../perturbation/least-squares.ts";
import { coalitionsOf, SURROGATE, type SurrogateOptions } from "../perturbation/surrogate-options.ts";

/**
 * Shapley values by weighted least squares over coalitions; the empty and the full one are exact constraints, so that the
 * values add up. All coalitions are used up to 10 features: the values are then exact.
 *
 * @see Lundberg and Lee, https://arxiv.org/abs/1705.07874
 */
export class KernelShap extends AttributionMethod {
  readonly #options: ValuesOf<typeof SURROGATE>;

  constructor(options: SurrogateOptions = {}) {
    const read = methodOptions("KernelShap", SURROGATE, options);
    super(read);
    this.#options = read.values;
  }

  override get isDifferentiable(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const { baseline, featureMask } = this.#options;
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
