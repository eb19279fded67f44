import type { HookInfo, Pattern, Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { mul, type Tensor, zerosLike } from "@tensorflow/tfjs-core";
import { attnLrpRules, quotient } from "../attention/attn-lrp-rules.ts";
import { optionWrong } from "../errors.ts";
import { gradientPass } from "../gradient/gradient-pass.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
  placeOf,
} from "../method.ts";
import { placesOf } from "../parts/place.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { hookRules } from "../relevance/hook-rules.ts";

/** Options of {@link AttnLrp}. */
export interface AttnLrpOptions extends AttributionOptions, UnknownPlaces {
  /** `"attn"`: AttnLRP; `"cp"`: attention patterns are constant, all relevance goes to the values. Default `"attn"`. */
  readonly variant?: "attn" | "cp";
}

/** Sites that a model may lack. */
function sitesOf(context: AttributionContext, place: Pattern): readonly Site[] {
  return context.binding.sites(place, "ignore");
}

type Change = (gradient: Tensor, info: HookInfo) => Tensor | undefined;

/** Changes gradients at sites that a transformer may have; in passes of the method alone. */
function change(context: AttributionContext, place: Pattern, direction: "bwd" | "bwd_pre", fn: Change): void {
  const sites = sitesOf(context, place);
  context.hook({ sites }, direction, {
    unfired: "ignore",
    run: (gradient: unknown, info: HookInfo) =>
      context.listening?.isOwn === true && isTensor(gradient) ? fn(gradient, info) : undefined,
  });
}

/** Values that pass sites in the pass under way, and gradients that other sites need. */
class Notes {
  readonly #values = new Map<string, Tensor>();

  set(key: string, value: Tensor): void {
    this.#values.get(key)?.dispose();
    this.#values.set(key, keptClone(value));
  }

  get(key: string): Tensor | undefined {
    return this.#values.get(key);
  }

  clear(): void {
    for (const value of this.#values.values()) value.dispose();
    this.#values.clear();
  }
}

function note(context: AttributionContext, place: Pattern, notes: Notes): void {
  const sites = sitesOf(context, place);
  context.hook({ sites }, "fwd", {
    kind: "observe",
    run: (value: unknown, info: HookInfo) => {
      if (context.listening?.isOwn === true && isTensor(value)) notes.set(placeOf(info), value);
    },
  });
}

/** The transformer's sites, under TransformerLens's names. */
function changeSites(context: AttributionContext, variant: "attn" | "cp", notes: Notes): void {
  const isCp = variant === "cp";
  const scaled =
    (factor: number): Change =>
    (gradient) =>
      mul(gradient, factor);
  change(context, ["**.hook_q", "**.hook_k"], "bwd_pre", isCp ? (each) => zerosLike(each) : scaled(1 / 4));
  if (!isCp) change(context, "**.hook_v", "bwd_pre", scaled(1 / 2));
  change(context, "**.hook_scale", "bwd_pre", (gradient) => zerosLike(gradient));
  note(context, ["**.mlp.hook_pre", "**.mlp.hook_post"], notes);
  change(context, "**.mlp.hook_post", "bwd_pre", (gradient, info) => {
    notes.set(`${placeOf(info)} gradient`, gradient);
    return undefined;
  });
  change(context, "**.mlp.hook_pre", "bwd_pre", (plain, info) => {
    const post = placeOf(info).replace("hook_pre", "hook_post");
    const [input, output, gradient] = [placeOf(info), post, `${post} gradient`].map((key) => notes.get(key));
    if (input === undefined || output === undefined || gradient === undefined) return undefined;
    return quotient(gradient, input, output, plain);
  });
}

/**
 * AttnLRP, the relevance of transformers in the limit of a vanishing epsilon, computed as input times a modified
 * gradient: norms' deviations are constant, activations pass `f(z)/z`, and products share their relevance (queries and keys
 * take a quarter each, values a half). Relevance starts from the target's value.
 *
 * It acts on a transformer's sites (`hook_q`, `hook_k`, `hook_v`, `hook_scale`, `mlp.hook_pre`, `mlp.hook_post`), on
 * declared parts, and on layers and graph operations by their kind. Give `at: "hook_embed"` for models whose inputs are tokens.
 *
 * @see Achtibat et al., https://arxiv.org/abs/2402.05602; Ali et al. (`"cp"`), https://arxiv.org/abs/2202.07304
 */
export class AttnLrp extends AttributionMethod {
  override readonly name = "AttnLrp";
  readonly #variant: "attn" | "cp";
  readonly #unknown: "error" | "gradient";

  constructor(options: AttnLrpOptions = {}) {
    super(options);
    const { variant = "attn" } = options;
    if (variant !== "attn" && variant !== "cp")
      throw optionWrong(this.name, "variant", variant, '"attn" or "cp"');
    this.#variant = variant;
    this.#unknown = options.unknown ?? "error";
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const notes = new Notes();
    const clear = (): void => notes.clear();
    context.binding.onRunStart(clear);
    context.defer(clear);
    changeSites(context, this.#variant, notes);
    const hasSites = sitesOf(context, "**.hook_v").length > 0;
    if (hasSites && !placesOf(context.target).some(({ stages }) => stages !== undefined)) return; // of sites alone
    const composite = attnLrpRules(this.#variant, hasSites);
    hookRules(context, chooseRules(context, { composite, unknown: this.#unknown }));
  }

  override compute(job: Job): Computation {
    return gradientPass(job, (gradient, value) => mul(gradient, value), true);
  }
}
