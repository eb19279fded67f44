import { AT, UNKNOWN, methodOptions } from "../options.ts";
import { ownGradients } from "../gradient/own-gradients.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { deconvnetRelus } from "../relevance/composites.ts";
import { hookRules } from "../relevance/hook-rules.ts";

/** Options of {@link Deconvolution}. */
export interface DeconvolutionOptions extends AttributionOptions, UnknownPlaces {}

const OPTIONS = { at: AT, unknown: UNKNOWN };

/**
 * The deconvolution of a network: the gradient, where ReLUs pass back what is positive, whether they were active or not.
 *
 * @see Zeiler and Fergus, https://arxiv.org/abs/1311.2901
 */
export class Deconvolution extends AttributionMethod {
  readonly #unknown: "error" | "gradient";

  constructor(options: DeconvolutionOptions = {}) {
    const read = methodOptions("Deconvolution", OPTIONS, options);
    super(read);
    this.#unknown = read.values.unknown;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    hookRules(context, chooseRules(context, { composite: deconvnetRelus(), unknown: this.#unknown }));
  }

  override compute(job: Job): Computation {
    return ownGradients(job);
  }
}
