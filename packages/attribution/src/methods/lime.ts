import { methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import { tensor, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { coalitionInputs, featuresOf, scoreRows, spreadFeatures } from "../perturbation/features.ts";
import { fit } from "../perturbation/least-squares.ts";
import { coalitionsOf, SURROGATE, type SurrogateOptions } from "../perturbation/surrogate-options.ts";

/** Options of {@link Lime}. */
export interface LimeOptions extends SurrogateOptions {
  /** Width of the kernel `exp(-d² / (2 width²))`, where `d` is 1 less the cosine to the whole. Default 1. */
  readonly kernelWidth?: number;
  /** Weight of the ridge penalty; the intercept has none. Default 0.01. */
  readonly alpha?: number;
}

const OPTIONS = {
  ...SURROGATE,
  kernelWidth: option.number({ above: 0 }).default(1),
  alpha: option.number({ min: 0 }).default(0.01),
};

/**
 * A linear model of what switching features does near the example. Adds `coef` `[batch, features]`, `intercept`
 * `[batch]`; `keep: ["weights"]` gives the kernel's weights.
 *
 * Its coefficients depend on kernel and draws: use Shapley values where numbers matter.
 *
 * @see Ribeiro, Singh and Guestrin, https://arxiv.org/abs/1602.04938
 */
export class Lime extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: LimeOptions = {}) {
    const read = methodOptions("Lime", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  override get isDifferentiable(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const { baseline, featureMask, kernelWidth, alpha } = this.#options;
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
