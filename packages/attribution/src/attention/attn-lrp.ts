import type { HookInfo, Pattern, Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { abs, div, less, mul, onesLike, where, zerosLike, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import { gradientPass } from "../gradient/saliency.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
  placeOf,
} from "../method.ts";
import { describePart, innermost, moduleAt, needDeclared } from "../parts/describe.ts";
import { LayerNorm, RMSNorm } from "../parts/norms.ts";
import { detachedNorm } from "../relevance/rules/attention.ts";

/** Options of {@link AttnLrp}. */
export interface AttnLrpOptions extends AttributionOptions {
  /** `"attn"`: AttnLRP; `"cp"`: attention patterns are constant, all relevance goes to the values. Default `"attn"`. */
  readonly variant?: "attn" | "cp";
}

/** Below this input an activation's quotient is its derivative. */
const NEARLY_ZERO = 1e-6;

type Where = Pattern | { readonly sites: readonly Site[] };

/** Sites that a model may lack. */
function sitesOf(context: AttributionContext, place: Where): readonly Site[] {
  return typeof place === "object" && "sites" in place ? place.sites : context.binding.sites(place, "ignore");
}

type Change = (gradient: Tensor, info: HookInfo) => Tensor | undefined;

/** Changes gradients at sites that a transformer may have; in passes of the method alone. */
function change(context: AttributionContext, place: Where, direction: "bwd" | "bwd_pre", fn: Change): void {
  const sites = sitesOf(context, place);
  context.hook({ sites }, direction, {
    unfired: "ignore",
    run: (gradient: unknown, info: HookInfo) =>
      context.listening?.pass.isOwn === true && isTensor(gradient) ? fn(gradient, info) : undefined,
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

function note(context: AttributionContext, place: Where, notes: Notes): void {
  const sites = sitesOf(context, place);
  context.hook({ sites }, "fwd", {
    kind: "observe",
    run: (value: unknown, info: HookInfo) => {
      if (context.listening?.pass.isOwn === true && isTensor(value)) notes.set(placeOf(info), value);
    },
  });
}

/** `gradient * f(z) / z`, with the derivative where z is nearly 0. */
function quotient(gradient: Tensor, input: Tensor, output: Tensor, plain: Tensor): Tensor {
  const isSmall = less(abs(input), NEARLY_ZERO);
  const slope = div(output, where(isSmall, onesLike(input), input));
  return where(isSmall, plain, mul(gradient, slope));
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

/** Parts that own modules declare. */
function changeParts(context: AttributionContext, notes: Notes): void {
  const { target } = context;
  const parts = innermost(target).map((site) => ({ site, kind: describePart(target, site)?.kind }));
  const named = (kinds: readonly string[]): Where => ({
    sites: parts.filter(({ kind }) => kinds.includes(kind ?? "")).map(({ site }) => site),
  });
  note(context, named(["relu", "activation"]), notes);
  change(context, named(["relu", "activation"]), "bwd", (plain, info) => {
    const [input, output] = [notes.get(`${placeOf(info)} input`), notes.get(placeOf(info))];
    const { gradOutput } = info;
    if (input === undefined || output === undefined || !isTensor(gradOutput)) return undefined;
    return quotient(gradOutput, input, output, plain);
  });
  const sites = parts.filter(({ kind }) =>
    ["relu", "activation", "layerNorm", "rmsNorm"].includes(kind ?? ""),
  );
  context.hook({ sites: sites.map(({ site }) => site) }, "fwd", {
    kind: "observe",
    run: (_value: unknown, info: HookInfo) => {
      const isOurs = context.listening?.pass.isOwn === true;
      if (isOurs && isTensor(info.inputs)) notes.set(`${placeOf(info)} input`, info.inputs);
    },
  });
  change(context, named(["layerNorm", "rmsNorm"]), "bwd", (_plain, info) => {
    const input = notes.get(`${placeOf(info)} input`);
    const module = moduleAt(target, info.site);
    if (input === undefined || !isTensor(info.gradOutput)) return undefined;
    if (module instanceof LayerNorm)
      return detachedNorm(input, info.gradOutput, module.gamma, module.epsilon, true);
    if (module instanceof RMSNorm)
      return detachedNorm(input, info.gradOutput, module.scale, module.epsilon, false);
    return undefined;
  });
  const products = parts.filter(({ kind }) => kind === "product").map(({ site }) => site);
  context.hook({ sites: products }, "bwd", {
    unfired: "ignore",
    run: (gradient: unknown) =>
      context.listening?.pass.isOwn === true && Array.isArray(gradient)
        ? gradient.map((each) => (isTensor(each) ? mul(each, 1 / 2) : each))
        : undefined,
  });
}

/**
 * AttnLRP, the relevance of transformers in the limit of a vanishing epsilon, computed as input times a modified
 * gradient: norms' deviations are constant, activations pass `f(z)/z`, and products share their relevance (queries and keys
 * take a quarter each, values a half). Relevance starts from the target's value.
 *
 * It acts on a transformer's sites (`hook_q`, `hook_k`, `hook_v`, `hook_scale`, `mlp.hook_pre`, `mlp.hook_post`) and on
 * declared parts. Give `at: "hook_embed"` for models whose inputs are tokens.
 *
 * @see Achtibat et al., https://arxiv.org/abs/2402.05602; Ali et al. (`"cp"`), https://arxiv.org/abs/2202.07304
 */
export class AttnLrp extends AttributionMethod {
  override readonly name = "AttnLrp";
  readonly #variant: "attn" | "cp";

  constructor(options: AttnLrpOptions = {}) {
    super(options);
    const { variant = "attn" } = options;
    if (variant !== "attn" && variant !== "cp")
      throw optionWrong(this.name, "variant", variant, '"attn" or "cp"');
    this.#variant = variant;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    needDeclared(this.name, context.target);
    const notes = new Notes();
    const clear = (): void => notes.clear();
    context.binding.onRunStart(clear);
    context.defer(clear);
    changeSites(context, this.#variant, notes);
    changeParts(context, notes);
  }

  override compute(job: Job): Computation {
    return gradientPass(job, (gradient, value) => mul(gradient, value), true);
  }
}
