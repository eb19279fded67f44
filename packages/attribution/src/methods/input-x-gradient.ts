import { AT, methodOptions } from "../options.ts";
import { mul } from "@tensorflow/tfjs-core";
import { gradientPass } from "../gradient/gradient-pass.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";

const OPTIONS = { at: AT };

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
  constructor(options: AttributionOptions = {}) {
    const read = methodOptions("InputXGradient", OPTIONS, options);
    super(read);
  }

  override compute(job: Job): Computation {
    return gradientPass(job, (gradient, value) => mul(gradient, value));
  }
}
