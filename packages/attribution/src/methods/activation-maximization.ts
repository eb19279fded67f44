import { COUNT, FLAG, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import { add, clipByValue, mul, sign, tidy, type Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";

/** Options of {@link ActivationMaximization}. */
export interface ActivationMaximizationOptions {
  /** Length of a step. Default 0.1. */
  readonly alpha?: number;
  /** Default 10. */
  readonly steps?: number;
  /** Bounds of the input, to which each step is projected. Default none. */
  readonly bounds?: readonly [number, number];
  /** Step along the gradient's sign. Default `false`. */
  readonly sign?: boolean;
  /** What the model sees of the input, such as a jitter or a blur of it. The gradient is taken of what it gives, which must have the same shape. Default the input itself. */
  readonly transform?: (input: Tensor, step: number) => Tensor;
}

const OPTIONS = {
  alpha: option.number().default(0.1),
  steps: COUNT.default(10),
  bounds: option.of<readonly [number, number]>(
    "[lowest, highest]",
    (value) => Array.isArray(value) && value.length === 2 && value[0] <= value[1],
  ),
  sign: FLAG,
  transform: option.fn<(input: Tensor, step: number) => Tensor>(),
};

/**
 * An input that makes the target large: steps up its gradient from the input given. Under `["attr", name]` is the input
 * found, under `activation` `[batch]` what the target is there.
 *
 * @see Erhan et al., Visualizing higher-layer features of a deep network, 2009
 */
export class ActivationMaximization extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: ActivationMaximizationOptions = {}) {
    const read = methodOptions("ActivationMaximization", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  override *compute(job: Job): Computation {
    const { steps, transform } = this.#options;
    let inputs = job.args.tensors;
    for (let step = 0; step < steps; step++) {
      const seen = transform === undefined ? inputs : inputs.map((each) => job.own(transform(each, step)));
      const { gradients } = yield {
        inputs: seen,
        rows: job.batch,
        score: job.score,
        gradients: job.places,
        later: Array.from({ length: steps - step }, (_, i) => ({ rows: job.batch, isPerTarget: i > 0 })),
      };
      inputs = inputs.map((value, i) => {
        const gradient = gradients[job.args.names[i] ?? ""];
        return gradient === undefined ? value : job.own(this.#moved(value, gradient));
      });
    }
    const { scores } = yield { inputs, rows: job.batch, score: job.score };
    const attr = Object.fromEntries(
      job.places.map((place) => [place, inputs[job.args.names.indexOf(place)] as Tensor]), // places are inputs
    );
    return { attr, extra: { activation: scores as Tensor } }; // there is a score
  }

  #moved(value: Tensor, gradient: Tensor): Tensor {
    const { alpha, bounds, sign: bySign } = this.#options;
    return tidy(() => {
      const moved = add(value, mul(bySign ? sign(gradient) : gradient, alpha));
      return bounds === undefined ? moved : clipByValue(moved, bounds[0], bounds[1]);
    });
  }
}
