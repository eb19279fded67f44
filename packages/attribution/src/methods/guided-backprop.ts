import { optionWrong } from "../errors.ts";
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

/**
 * Guided backpropagation: the gradient, where ReLUs pass back only what is positive, and only where they were active.
 *
 * It makes sharp pictures that hardly depend on the target or on the later layers (Adebayo et al., arXiv 1810.03292): use
 * it for looking, not for explaining.
 *
 * @see Springenberg et al., https://arxiv.org/abs/1412.6806
 */
export class GuidedBackprop extends AttributionMethod {
  override readonly name = "GuidedBackprop";
  readonly #options: GuidedBackpropOptions;

  constructor(options: GuidedBackpropOptions = {}) {
    super(options);
    const { modules = "relu" } = options;
    if (modules !== "relu" && modules !== "all")
      throw optionWrong(this.name, "modules", modules, '"relu" or "all"');
    this.#options = options;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const { modules = "relu", unknown = "error" } = this.#options;
    const composite = modules === "all" ? guidedEverywhere() : guidedRelus();
    hookRules(context, chooseRules(context, { composite, unknown }));
  }

  override compute(job: Job): Computation {
    return ownGradients(job);
  }
}
