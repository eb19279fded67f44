import { countWords, isCount } from "@hookdict/tensordict";
import { add, clipByValue, mul, sign, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { refuseSites } from "../sites.ts";

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

/**
 * An input that makes the target large: steps up its gradient from the input given. Under `["attr", name]` is the input
 * found, under `activation` `[batch]` what the target is there.
 *
 * @see Erhan et al., Visualizing higher-layer features of a deep network, 2009
 */
export class ActivationMaximization extends AttributionMethod {
  override readonly name = "ActivationMaximization";
  readonly #options: ActivationMaximizationOptions;

  constructor(options: ActivationMaximizationOptions = {}) {
    super(options as AttributionOptions);
    refuseSites(this.name, options as object);
    const { steps = 10, bounds } = options;
    if (!isCount(steps)) throw optionWrong(this.name, "steps", steps, countWords());
    if (bounds !== undefined && !(bounds[0] <= bounds[1]))
      throw optionWrong(this.name, "bounds", bounds, "[lowest, highest]");
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const { steps = 10, transform } = this.#options;
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
    const { alpha = 0.1, bounds, sign: bySign = false } = this.#options;
    return tidy(() => {
      const moved = add(value, mul(bySign ? sign(gradient) : gradient, alpha));
      return bounds === undefined ? moved : clipByValue(moved, bounds[0], bounds[1]);
    });
  }
}
