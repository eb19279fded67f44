import type { Binding, Pattern } from "@hookdict/core";
import { checkArgument, headline, showAsText, type TensorDict, typeName } from "@hookdict/tensordict";
import { HookingContext } from "./context.ts";
import { composeConflict, composedCaches, notAFactory } from "./errors.ts";
import {
  checkFactory,
  type FactoryDescription,
  HookingContextFactory,
  type PrepareOptions,
} from "./factory.ts";

/** Factories of any kind. */
export type Factories = readonly HookingContextFactory<HookingContext>[];

/** The context that a factory makes. */
export type ContextOf<F> = F extends HookingContextFactory<infer C> ? C : never;

/** The contexts that factories make, in their order. */
export type ContextsOf<F extends Factories> = { readonly [K in keyof F]: ContextOf<F[K]> };

/** A context with a cache, whatever its class. */
interface Caching extends HookingContext {
  readonly cache: TensorDict;
  takeCache(): TensorDict;
  /** Absent where a class of its own does not say. */
  readonly isCapturing?: boolean;
}

/** The context of composed factories: those of its parts, ending with it, last to first. */
export class ComposedContext<F extends Factories = Factories> extends HookingContext {
  #parts: readonly HookingContext[] = [];

  /** The parts' contexts, in the order in which the factories were composed. */
  get parts(): ContextsOf<F> {
    return this.#parts as unknown as ContextsOf<F>; // the factory sets one for each of F
  }

  /** @internal */
  setParts(parts: readonly HookingContext[]): void {
    this.#parts = parts;
  }

  /**
   * The cache of the only part that has one. **Ownership:** *borrowed*, as from the part.
   *
   * @throws UsageError `COMPOSE_CACHES` when several parts have one, or none has.
   */
  get cache(): TensorDict {
    return this.#caching.cache;
  }

  /** Takes the cache of the only part that has one. **Ownership:** returns owned. @throws like `cache`. */
  takeCache(): TensorDict {
    return this.#caching.takeCache();
  }

  get #caching(): Caching {
    const having = this.#parts.filter(hasCache);
    const capturing = having.filter((part) => part.isCapturing !== false);
    const caching = capturing.length === 0 ? having : capturing; // a part that captures nothing is in nobody's way
    const [only] = caching;
    if (only === undefined || caching.length > 1) throw composedCaches(this.name, caching.length);
    return only;
  }

  /** Moves the hooks of every part; see `HookingContext.replacePattern`. */
  override replacePattern(pattern: Pattern): void {
    for (const part of this.#parts) part.replacePattern(pattern);
  }
}

function hasCache(context: HookingContext): context is Caching {
  return context instanceof ComposedContext ? context.parts.some(hasCache) : "cache" in context;
}

/** Factories as one; see {@link compose}. */
export class ComposedFactory<F extends Factories> extends HookingContextFactory<ComposedContext<F>> {
  static {
    showAsText(this);
  }

  readonly factories: F;
  /** Options of the `prepare` under way, for the parts. */
  readonly #options = new WeakMap<HookingContext, PrepareOptions>();

  /** @throws UsageError `COMPOSE_NOT_FACTORY`, `COMPOSE_CONFLICT` */
  constructor(factories: F) {
    super();
    checkArgument("compose", "factories", factories, "a list");
    factories.forEach(checkPart);
    checkConflicts(factories);
    this.factories = factories;
  }

  override describe(): FactoryDescription {
    return { name: "compose", options: { factories: this.factories.map((factory) => factory.describe()) } };
  }

  override toString(): string {
    return headline(`compose(${this.factories.map(String).join(", ")})`);
  }

  override conflict(other: HookingContextFactory<HookingContext>): string | undefined {
    checkFactory("conflict", other);
    return this.factories.map((factory) => conflictOf(factory, other)).find((reason) => reason !== undefined);
  }

  protected override createContext(binding: Binding, options: PrepareOptions): ComposedContext<F> {
    const context = new ComposedContext<F>(binding, options.unmatched);
    this.#options.set(context, options);
    return context;
  }

  protected override setUp(context: ComposedContext<F>): void {
    const { unmatched } = this.#options.get(context) ?? {};
    const options = { parent: context.binding, ...(unmatched && { unmatched }) };
    const model = { hookTarget: () => context.target };
    const parts: HookingContext[] = [];
    for (const factory of this.factories) parts.push(factory.prepare(model, options).context);
    context.setParts(parts);
  }
}

/**
 * Several factories as one, for one run: prepares all on the same model, first to last, and undoes them last to first.
 * Each keeps its options and its cache, and sees what those before it do: a capture before a patch holds the unpatched
 * value, one after it the patched one. Captures of several parts share one pass.
 *
 * @throws UsageError `COMPOSE_NOT_FACTORY`; `COMPOSE_CONFLICT` when two of them cannot stand on one model together.
 * @example no-run
 * using hooked = compose(new ActivationCaching("**.hook_z"), new ActivationPatching("blocks.0.hook_resid_pre", { source })).prepare(model);
 * hooked.call(tokens).dispose();
 * hooked.context.parts[0].cache; // also hooked.cache, as no other part has one
 */
export function compose<const F extends Factories>(...factories: F): ComposedFactory<F> {
  return new ComposedFactory(factories);
}

function checkPart(value: unknown, index: number): void {
  const isFactory = typeof value === "object" && value !== null && "prepare" in value && "describe" in value;
  if (!isFactory || "hookTarget" in value) throw notAFactory(index, nameOf(value));
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : `a ${typeof value}`;
  return `a ${typeName(value)}`;
}

function checkConflicts(factories: Factories): void {
  for (const [i, second] of factories.entries()) {
    for (const first of factories.slice(0, i)) {
      const reason = conflictOf(first, second);
      if (reason !== undefined) throw composeConflict(String(first), String(second), reason);
    }
  }
}

function conflictOf(
  first: HookingContextFactory<HookingContext>,
  second: HookingContextFactory<HookingContext>,
): string | undefined {
  return first.conflict(second) ?? second.conflict(first);
}
