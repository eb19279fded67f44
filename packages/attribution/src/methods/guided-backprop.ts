import { AT, UNKNOWN, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import { ownGradients } from "../gradient/own-gradients.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { guidedEverywhere, guidedRelus } from "../relevance/composites.ts";
import { hookRules } from "../relevance/hook-rules.ts";

/** Options of {@link GuidedBackprop}. */
export interface GuidedBackpropOptions extends AttributionOptions, UnknownPlaces {
  /** `"relu"`: gradients of ReLUs are clipped, as published. `"all"`: those of every module, as tdhook does. Default `"relu"`. */
  readonly modules?: "relu" | "all";
}

const OPTIONS = { at: AT, modules: option.oneOf("relu", "all").default("relu"), unknown: UNKNOWN };

/**
 * Guided backpropagation: the gradient, where ReLUs pass back only what is positive, and only where they were active.
 *
 * It makes sharp pictures that hardly depend on the target or on the later layers (Adebayo et al., arXiv 1810.03292): use
 * it for looking, not for explaining.
 *
 * @see Springenberg et al., https://arxiv.org/abs/1412.6806
 */
export class GuidedBackprop extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: GuidedBackpropOptions = {}) {
    const read = methodOptions("GuidedBackprop", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const { modules, unknown } = this.#options;
    const composite = modules === "all" ? guidedEverywhere() : guidedRelus();
    hookRules(context, chooseRules(context, { composite, unknown }));
  }

  override compute(job: Job): Computation {
    return ownGradients(job);
  }
}
