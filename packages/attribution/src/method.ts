import { type Binding, type Hookable, HookedModule, type HookInfo, type Pattern } from "@hookdict/core";
import {
  type FactoryDescription,
  HookingContext,
  HookingContextFactory,
  type PrepareOptions,
} from "@hookdict/contexts";
import { checkArgument, isTensor, type TensorDict } from "@hookdict/tensordict";
import type { AsyncAttributeOptions, AttributeOptions, Job } from "./job.ts";
import type { MethodOptions } from "./options.ts";
import { type AttributionPlan, type AttributionPlanOptions, planJobs } from "./plan.ts";
import { runOptions } from "./run-options.ts";
import { runJobs, runJobsAsync } from "./run-jobs.ts";
import type { ByPlace, Pass, PassResult } from "./passes/pass.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Listening } from "./passes/listening.ts";
import type { Listener } from "./passes/run-round.ts";

/** What a method asks for and what it makes of it: passes out, their results in, attributions at the end. */
export type Computation = Generator<Pass, Attributions, PassResult>;

/** What a method found. */
export interface Attributions {
  /** By place: an input's name or a site's key. */
  readonly attr: ByPlace;
  /** More, under keys of their own, such as `delta`. */
  readonly extra?: ByPlace;
  /** What was computed on the way: left out unless asked for by `keep`. */
  readonly ways?: Readonly<Record<string, ByPlace>>;
}

/** Options that every method takes. */
export interface AttributionOptions {
  /** Sites to which the target is attributed; default the model's float inputs. */
  readonly at?: Pattern;
}

let methods = 0;

/** The context of a method: its hooks are idle but in its own passes. */
export class AttributionContext extends HookingContext implements Listener {
  listening: Listening | undefined;
  /** Paths of the sites that the option `at` names; `undefined` for the inputs. */
  places: readonly string[] | undefined;
  readonly method: AttributionMethod;

  constructor(binding: Binding, options: PrepareOptions, method: AttributionMethod) {
    super(binding, (options as PrepareOptions | null | undefined)?.unmatched);
    this.method = method;
  }

  /** Sites where passes may keep, replace and differentiate. */
  readonly #heard = new Set<string>();

  /** Lets passes look at a site that nobody has named before, such as that of a target. */
  hear(key: string): void {
    const path = key.replace(/#\d+$/, "");
    if (!this.#heard.has(path)) this.listenAt(path);
  }

  /** Lets passes keep, replace and differentiate at sites. */
  listenAt(pattern: Pattern): readonly string[] {
    const sites = this.sites(pattern).filter(({ path }) => !this.#heard.has(path));
    for (const { path } of sites) this.#heard.add(path);
    const seen =
      (look: (listening: Listening, key: string, value: Tensor) => void) =>
      (value: unknown, info: HookInfo): void => {
        if (this.listening !== undefined && isTensor(value)) look(this.listening, placeOf(info), value);
      };
    this.hook({ sites }, "fwd", (_value: unknown, info: HookInfo) => this.listening?.replace[placeOf(info)]);
    this.hook({ sites }, "fwd", {
      kind: "observe",
      run: seen((listening, key, value) => listening.see(key, value)),
    });
    this.hook({ sites }, "fwd", {
      kind: "observe",
      order: "post",
      run: seen((listening, key, value) => listening.explain(key, value)),
    });
    this.hook({ sites }, "bwd_pre", {
      kind: "observe",
      unfired: "ignore",
      run: (gradient: unknown, info: HookInfo) => this.#onGradient(gradient, info),
    });
    return sites.map(({ path }) => path);
  }

  #onGradient(gradient: unknown, info: HookInfo): void {
    if (isTensor(gradient)) this.listening?.seeGradient(placeOf(info), gradient);
  }
}

/** A place's key: the path, with `#n` when the site runs again in one run. */
export function placeOf({ site, pass }: HookInfo): string {
  return pass === 0 ? site.path : `${site.path}#${pass}`;
}

/** A model with a method on it: besides being called, it attributes. */
export class AttributionModule<
  A extends readonly unknown[] = readonly unknown[],
  O = unknown,
  M = unknown,
> extends HookedModule<A, O, AttributionContext, M> {
  /**
   * Attributes the target to the inputs, or to the sites that the method names.
   *
   * **Ownership:** borrows the inputs; returns owned: keys `["attr", place]`, and what the method adds.
   *
   * @param inputs The model's arguments: tensors `[batch, ...]`, or one record of them.
   * @throws UsageError, ShapeError and MatchError of the method, codes `TARGET_*`, `BASELINE_SHAPE`, `SITE_NEVER_FIRED`.
   */
  attribute(inputs: A, options: AttributeOptions = {}): TensorDict {
    this.context.binding.assertLive("attribute");
    return runJobs([this.context], inputs, runOptions("attribute", "attribute", options))[0] as TensorDict; // one for each context
  }

  /**
   * {@link AttributionModule.attribute} that lets other work in between runs of the model, reports its progress and can
   * be aborted. **Ownership:** borrows the inputs until it is done; returns owned.
   *
   * @throws UsageError `ATTRIBUTION_ABORTED`; what `attribute` throws.
   */
  async attributeAsync(inputs: A, options: AsyncAttributeOptions = {}): Promise<TensorDict> {
    this.context.binding.assertLive("attributeAsync");
    return (
      await runJobsAsync([this.context], inputs, runOptions("attributeAsync", "async", options))
    )[0] as TensorDict; // likewise
  }

  /**
   * How often `attribute` will run the model, forward and backward, with how many rows: nothing is run.
   *
   * **Ownership:** borrows the inputs; the plan is plain data.
   *
   * @throws UsageError `PLAN_SHAPES` for a method at sites without the option `shapes`; what `attribute` throws of arguments.
   */
  plan(inputs: A, options: AttributionPlanOptions = {}): AttributionPlan {
    this.context.binding.assertLive("plan");
    return planJobs([this.context], inputs, runOptions("plan", "plan", options));
  }
}

/**
 * Base of all methods. A subclass fills in {@link AttributionMethod.compute}: a generator that asks for passes, so that
 * equal passes of several methods are run once, and in pieces.
 */
export abstract class AttributionMethod extends HookingContextFactory<AttributionContext> {
  /** Name of the class. */
  readonly name: string;
  /** Tells methods apart. */
  readonly id: number = ++methods;
  readonly #options: MethodOptions;

  /** @param options What {@link methodOptions} has read. */
  constructor(options: MethodOptions) {
    super();
    checkArgument("a method of attribution", "options", options, "a record");
    this.#options = options;
    this.name = options.name;
  }

  /** Whether attributions are made of tensors throughout, so that they have gradients. Default `true`. */
  get isDifferentiable(): boolean {
    return true;
  }

  /**
   * Whether what it says of an example is the same whatever stands beside it, and wherever it stands; copies of a batch
   * are otherwise kept together. Default `true`.
   */
  get isRowByRow(): boolean {
    return true;
  }

  /** The sites to which the target is attributed. */
  get at(): Pattern | undefined {
    return (this.#options.values as AttributionOptions).at; // declared by methods that have it
  }

  override describe(): FactoryDescription {
    return { name: this.name, options: this.shown(this.#options.given) };
  }

  /** Options as they are printed and compared. */
  protected shown(options: FactoryDescription["options"]): FactoryDescription["options"] {
    return options;
  }

  /** Two that mean the same are equal, also where one of them names a default. */
  protected override get meaning(): FactoryDescription {
    return { name: this.name, options: this.shown(this.#options.values as FactoryDescription["options"]) };
  }

  /** What the method does: asks for passes, and returns what it made of their results. */
  abstract compute(job: Job): Computation;

  override prepare<A extends readonly unknown[], O, M>(
    model: Hookable<A, O, M>,
    options: PrepareOptions = {},
  ): AttributionModule<A, O, M> {
    const hooked = super.prepare(model, options);
    return new AttributionModule(hooked.hookTarget(), hooked.context);
  }

  /** Sets the method up on the context of another that runs it. */
  setUpWithin(context: AttributionContext): void {
    this.setUp(context);
  }

  protected override createContext(binding: Binding, options: PrepareOptions): AttributionContext {
    return new AttributionContext(binding, options, this);
  }

  protected override setUp(context: AttributionContext): void {
    if (this.at !== undefined) context.places = context.listenAt(this.at);
  }
}
