import { AT, methodOptions } from "../options.ts";
import { option } from "@hookdict/contexts";
import { abs } from "@tensorflow/tfjs-core";
import { gradientPass } from "../gradient/gradient-pass.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";

/** Options of {@link Saliency}. */
export interface SaliencyOptions extends AttributionOptions {
  /** Magnitudes instead of signed gradients. Default `true`. */
  readonly absolute?: boolean;
}

const OPTIONS = { at: AT, absolute: option.boolean().default(true) };

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
  readonly #absolute: boolean;

  constructor(options: SaliencyOptions = {}) {
    const read = methodOptions("Saliency", OPTIONS, options);
    super(read);
    this.#absolute = read.values.absolute;
  }

  override compute(job: Job): Computation {
    return gradientPass(job, (gradient) => (this.#absolute ? abs(gradient) : gradient));
  }
}
