import { abs, mul, type Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import type { ByPlace, PassResult } from "../passes/pass.ts";
import { mapPlaces } from "./line.ts";

/** Options of {@link Saliency}. */
export interface SaliencyOptions extends AttributionOptions {
  /** Magnitudes instead of signed gradients. Default `true`. */
  readonly absolute?: boolean;
}

/** Values at the places of a plain gradient: inputs, or what passed the sites. */
export function valuesOf(job: Job, result: PassResult): ByPlace {
  return job.isAtInputs
    ? Object.fromEntries(job.places.map((name) => [name, job.input(name)]))
    : result.values;
}

/** One pass with gradients, and what a function makes of values and gradients. */
export function* gradientPass(
  job: Job,
  combine: (gradient: Tensor, value: Tensor) => Tensor,
  isOwn = false,
): Computation {
  const result = yield {
    inputs: job.args.tensors,
    rows: job.batch,
    score: job.score,
    gradients: job.places,
    isOwn,
    ...(!job.isAtInputs && { values: job.places }),
  };
  const values = valuesOf(job, result);
  const attr = mapPlaces(result.gradients, (gradient, place) => combine(gradient, values[place] as Tensor)); // both have all places
  const chosen = Object.fromEntries(job.places.map((place) => [place, attr[place] as Tensor])); // others asked for more
  return { attr: chosen, ways: { gradients: result.gradients, values } };
}

/**
 * The gradient of the target: how much it changes with each entry of the input.
 *
 * Use it as the cheapest first look; it is local, and says nothing about how much an input contributed.
 *
 * @see Simonyan, Vedaldi and Zisserman, https://arxiv.org/abs/1312.6034
 * @example
 * const model = hookFunction((x: Tensor) => mul(x, -3));
 * const x = tensor1d([2]);
 * using saliency = new Saliency().prepare(model);
 * using result = saliency.attribute([x]);
 * (result.get(["attr", "input"]) as Tensor).dataSync()[0]; // => 3
 */
export class Saliency extends AttributionMethod {
  override readonly name = "Saliency";
  readonly #absolute: boolean;

  constructor(options: SaliencyOptions = {}) {
    super(options);
    this.#absolute = options.absolute ?? true;
  }

  override compute(job: Job): Computation {
    return gradientPass(job, (gradient) => (this.#absolute ? abs(gradient) : gradient));
  }
}

/**
 * Input (or the value at a site) times its gradient.
 *
 * @see Shrikumar et al., https://arxiv.org/abs/1605.01713
 * @example
 * const model = hookFunction((x: Tensor) => mul(x, -3));
 * const x = tensor1d([2]);
 * using hooked = new InputXGradient().prepare(model);
 * using result = hooked.attribute([x]);
 * (result.get(["attr", "input"]) as Tensor).dataSync()[0]; // => -6
 */
export class InputXGradient extends AttributionMethod {
  override readonly name = "InputXGradient";

  constructor(options: AttributionOptions = {}) {
    super(options);
  }

  override compute(job: Job): Computation {
    return gradientPass(job, (gradient, value) => mul(gradient, value));
  }
}
