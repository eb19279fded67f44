import { AT, UNKNOWN, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import { mul } from "@tensorflow/tfjs-core";
import { changeSites } from "../attention/attn-lrp-sites.ts";
import { attnLrpRules } from "../attention/attn-lrp-rules.ts";
import { gradientPass } from "../gradient/gradient-pass.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { placesOf } from "../parts/place.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { hookRules } from "../relevance/hook-rules.ts";

/** Options of {@link AttnLrp}. */
export interface AttnLrpOptions extends AttributionOptions, UnknownPlaces {
  /** `"attn"`: AttnLRP; `"cp"`: patterns and gates are constant, all relevance goes to what they weigh. Default `"attn"`. */
  readonly variant?: "attn" | "cp";
}

const OPTIONS = { at: AT, variant: option.oneOf("attn", "cp").default("attn"), unknown: UNKNOWN };

/**
 * AttnLRP, the relevance of transformers in the limit of a vanishing epsilon, computed as input times a modified
 * gradient: norms' deviations are constant, activations pass `f(z)/z`, and products share their relevance (queries and keys
 * take a quarter each, values a half; the factors of a gated MLP a half each, and so do experts and their weights). Relevance
 * starts from the target's value. With `"cp"` patterns, gates and experts' weights are constant; relevance then sums to the
 * target where a model has no biases and no caps on its logits.
 *
 * It acts on a transformer's sites (`hook_q`, `hook_k`, `hook_v`, `hook_scale`, those of MLPs and experts), on
 * declared parts, and on layers and graph operations by their kind. Give `at: "hook_embed"` for models whose inputs are tokens.
 *
 * @see Achtibat et al., https://arxiv.org/abs/2402.05602; Ali et al. (`"cp"`), https://arxiv.org/abs/2202.07304
 */
export class AttnLrp extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: AttnLrpOptions = {}) {
    const read = methodOptions("AttnLrp", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    changeSites(context, this.#options.variant);
    const hasSites = context.binding.sites("**.hook_v", "ignore").length > 0;
    if (hasSites && !placesOf(context.target).some(({ stages }) => stages !== undefined)) return; // of sites alone
    const composite = attnLrpRules(this.#options.variant, hasSites);
    hookRules(context, chooseRules(context, { composite, unknown: this.#options.unknown }));
  }

  override compute(job: Job): Computation {
    return gradientPass(job, (gradient, value) => mul(gradient, value), { isOwn: true });
  }
}
