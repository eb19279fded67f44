import type { HookInfo, Pattern, Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { mul, type Tensor, zerosLike } from "@tensorflow/tfjs-core";
import { type AttributionContext, placeOf } from "../method.ts";
import { quotient } from "./attn-lrp-rules.ts";

/** Sites that a model may lack. */
function sitesOf(context: AttributionContext, place: Pattern): readonly Site[] {
  return context.binding.sites(place, "ignore");
}

type Change = (gradient: Tensor, info: HookInfo) => Tensor | undefined;

/** Changes gradients at sites that a transformer may have; in passes of the method alone. */
function change(context: AttributionContext, place: Pattern, fn: Change): void {
  const sites = sitesOf(context, place);
  context.hook({ sites }, "bwd_pre", {
    unfired: "ignore",
    run: (gradient: unknown, info: HookInfo) =>
      context.listening?.isOwn === true && isTensor(gradient) ? fn(gradient, info) : undefined,
  });
}

const none: Change = (gradient) => zerosLike(gradient);

const scaled =
  (factor: number): Change =>
  (gradient) =>
    mul(gradient, factor);

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

/** An activation between two sites of one module: `f(z)/z`, times its share of the product where it gates another. */
function activation(
  context: AttributionContext,
  [pre, post]: readonly [string, string],
  places: string,
  share: (site: Site) => number,
  notes: Notes,
): void {
  note(context, [`${places}.${pre}`, `${places}.${post}`], notes);
  change(context, `${places}.${post}`, (gradient, info) => {
    notes.set(`${placeOf(info)} gradient`, gradient);
    return undefined;
  });
  change(context, `${places}.${pre}`, (plain, info) => {
    const factor = share(info.site);
    if (factor === 0) return zerosLike(plain);
    const after = placeOf(info).replace(pre, post);
    const [input, output, gradient] = [placeOf(info), after, `${after} gradient`].map((key) =>
      notes.get(key),
    );
    if (input === undefined || output === undefined || gradient === undefined) return undefined;
    const whole = quotient(gradient, input, output, plain);
    return factor === 1 ? whole : mul(whole, factor);
  });
}

/** AttnLRP at a transformer's sites, under TransformerLens's names. */
export function changeSites(context: AttributionContext, variant: "attn" | "cp"): void {
  const isCp = variant === "cp";
  const notes = new Notes();
  const clear = (): void => notes.clear();
  context.binding.onRunStart(clear);
  context.defer(clear);
  change(context, ["**.hook_q", "**.hook_k"], isCp ? none : scaled(1 / 4));
  change(context, "**.hook_scale", none);
  // What gates is constant in one variant, and takes a half in the other.
  const gate = isCp ? 0 : 1 / 2;
  const gated = new Set(sitesOf(context, "**.mlp.hook_pre_linear").map(({ path }) => path));
  activation(
    context,
    ["hook_pre", "hook_post"],
    "**.mlp",
    ({ path }) => (gated.has(`${path}_linear`) ? gate : 1),
    notes,
  );
  activation(context, ["hook_gate", "hook_post"], "**.experts.*", () => gate, notes);
  if (isCp) return change(context, "**.hook_expert_weights", none);
  change(context, "**.hook_v", scaled(1 / 2));
  change(context, ["**.mlp.hook_pre_linear", "**.experts.*.hook_pre"], scaled(1 / 2));
  change(context, ["**.hook_expert_weights", "**.experts.*"], scaled(1 / 2));
}
