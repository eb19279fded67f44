import { type Binding, type Hookable, type Pattern } from "@hookdict/core";
import { HookingContextWithCache } from "../capture/context-with-cache.ts";
import type { HookingContext } from "../context.ts";
import { interventionUnfired, lossMissing, positionAxis, specJson } from "../errors.ts";
import { headline, showAsText } from "@hookdict/tensordict";
import { type FactoryDescription, HookingContextFactory, type PrepareOptions } from "../factory.ts";
import { hookOf } from "./apply.ts";
import { checkSpec } from "./check.ts";
import { HookCache } from "./hook-cache.ts";
import type { HookSpec } from "./hook-spec.ts";
import { readIntervention } from "./words.ts";

const PREPARE_INSTEAD =
  "Take hooked = interventions.prepare(model), differentiate with hooked.backward(() => loss), and read hooked.cache.";

/**
 * Captures and interventions given as plain data; see {@link HookSpec}.
 *
 * @example
 * const spec = { captures: [{ at: "**.hook_z" }], interventions: [{ kind: "zero", at: "blocks.0.hook_resid_pre" }] } as const;
 * String(new Interventions(spec)); // => "Interventions(capture **.hook_z; zero blocks.0.hook_resid_pre)"
 */
export class Interventions extends HookingContextFactory<HookingContextWithCache> {
  static {
    showAsText(this);
  }

  /** The data: a copy of its own. */
  readonly spec: HookSpec;

  /** @throws UsageError `SPEC_INVALID`, `KNOCKOUT_MASK` */
  constructor(spec: HookSpec) {
    super();
    this.spec = JSON.parse(JSON.stringify(checkSpec(spec)), (_, part: unknown) =>
      Object.freeze(part),
    ) as HookSpec;
  }

  /** From JSON text. @throws UsageError `SPEC_JSON` when it is no JSON; `SPEC_INVALID`, `KNOCKOUT_MASK`. */
  static parse(json: string): Interventions {
    if (typeof json !== "string") throw specJson(typeof json);
    let data: unknown;
    try {
      data = JSON.parse(json);
    } catch (error) {
      throw specJson(headline(json), error);
    }
    return new Interventions(data as HookSpec); // checked by the constructor
  }

  /** These, then those of `others`: all captures, and all interventions in their order. */
  extend(...others: readonly (Interventions | HookSpec)[]): Interventions {
    const specs = [
      this.spec,
      ...others.map((other) => (other instanceof Interventions ? other.spec : checkSpec(other))),
    ];
    return new Interventions({
      captures: specs.flatMap(({ captures = [] }) => captures),
      interventions: specs.flatMap(({ interventions = [] }) => interventions),
    });
  }

  /**
   * Checks everything that can be known before a run. The model is not run, and is afterwards as before.
   *
   * @throws MatchError `PATTERN_UNMATCHED`; UsageError `POSITION_AXIS`, `MODEL_NOT_HOOKABLE`.
   */
  validate(model: Hookable): void {
    this.prepare(model).dispose();
  }

  /**
   * One forward run with these. **Ownership:** borrows the arguments; returns owned.
   *
   * @throws UsageError `LOSS_MISSING` when some are for the backward pass, `INTERVENTION_UNFIRED`; like `prepare` and `call`.
   */
  run<A extends readonly unknown[], O>(model: Hookable<A, O>, ...args: A): HookCache<O> {
    this.#checkForward("Interventions.run");
    using hooked = this.prepare(model);
    const output = hooked.call(...args);
    return this.#result(hooked.context, new HookCache(output, hooked.takeCache()));
  }

  /**
   * {@link Interventions.run} for models that wait while they run. Other models take it as well.
   * **Ownership:** borrows the arguments until it is done; returns owned.
   *
   * @throws like `run`, in the promise.
   */
  async runAsync<A extends readonly unknown[], O>(model: Hookable<A, O>, ...args: A): Promise<HookCache<O>> {
    this.#checkForward("Interventions.runAsync");
    using hooked = this.prepare(model);
    const output = await hooked.callAsync(...args);
    return this.#result(hooked.context, new HookCache(output, hooked.takeCache()));
  }

  /** @throws UsageError `INTERVENTION_UNFIRED` for one that has changed nothing, since none of its sites ran. */
  #result<O>(context: HookingContextWithCache, result: HookCache<O>): HookCache<O> {
    const unfired = new Set(context.binding.unfired);
    const idle = this.spec.interventions?.find(({ at }) =>
      context.sites(at).every(({ path }) => unfired.has(path)),
    );
    if (idle === undefined) return result;
    result.dispose();
    throw interventionUnfired(readIntervention(idle).name, idle.at);
  }

  #checkForward(fn: string): void {
    const { captures = [], interventions = [] } = this.spec;
    const backward = [...captures, ...interventions].find(({ direction }) => direction?.startsWith("bwd"));
    if (backward?.direction !== undefined)
      throw lossMissing(fn, "the direction", backward.direction, PREPARE_INSTEAD);
  }

  override describe(): FactoryDescription {
    return { name: "Interventions", options: { ...this.spec } };
  }

  override equals(other: HookingContextFactory<HookingContext>): boolean {
    return other instanceof Interventions && JSON.stringify(this) === JSON.stringify(other);
  }

  /** One line, cut where it is long, without the values of tensors. */
  override toString(): string {
    const { captures = [], interventions = [] } = this.spec;
    const parts = [
      ...captures.map((capture) => `capture ${placeOf(capture)}`),
      ...interventions.map((item) => {
        const { word, name, data, held, positions } = readIntervention(item);
        const shape = held === undefined ? "" : ` [${held.shape.join(", ")}]`;
        return `${name} ${placeOf(item)}${shape}${word.print?.(data) ?? ""}${positions === undefined ? "" : ` at ${positions.join(", ")}`}`;
      }),
    ];
    return headline(`Interventions(${parts.join("; ")})`);
  }

  toJSON(): HookSpec {
    return this.spec;
  }

  protected override createContext(binding: Binding, options: PrepareOptions): HookingContextWithCache {
    return new HookingContextWithCache(binding, {}, options.unmatched);
  }

  protected override setUp(context: HookingContextWithCache): void {
    const { captures = [], interventions = [] } = this.spec;
    const captured = new Map<string, Pattern[]>();
    for (const { at, direction = "fwd" } of captures)
      captured.set(direction, [...(captured.get(direction) ?? []), at]);
    // Each glob must match, and a site that two of them match is captured once.
    for (const { at } of captures) context.sites(at);
    for (const [direction, globs] of captured) context.capture(globs, direction as "fwd"); // checked
    for (const intervention of interventions) {
      const read = readIntervention(intervention);
      const { word, name, direction, positions } = read;
      const sites = context.sites(intervention.at);
      for (const site of sites) {
        if (positions !== undefined && site.axes?.includes("pos") !== true) throw positionAxis(site, name);
        if (word.checkSite !== undefined) word.checkSite(site, direction, context.target.sites());
      }
      const run = hookOf(read, (step) => context.defer(step));
      context.hook({ sites }, direction, { run });
    }
  }
}

function placeOf({ at, direction }: { readonly at: string; readonly direction?: string }): string {
  return direction === undefined || direction === "fwd" ? at : `${direction} ${at}`;
}
