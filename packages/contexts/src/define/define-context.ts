import { type Binding, compilePattern, type Pattern, type Unmatched } from "@hookdict/core";
import { HookingContextWithCache } from "../capture/context-with-cache.ts";
import { CAPTURE_OPTIONS, sharedCache } from "../capture/declared.ts";
import type { CaptureOptions } from "../capture/options.ts";
import { HookingContext } from "../context.ts";
import { type FactoryDescription, HookingContextFactory, isSame, type PrepareOptions } from "../factory.ts";
import { checkOptions, withDefaults } from "./check-options.ts";
import { contextInvalid } from "./errors.ts";
import type { Option } from "./option.ts";
import type { ContextClass, Declared, OptionsOf, ValuesOf } from "./types.ts";

/** What {@link defineContext} is given. */
export interface ContextDefinition<D extends Declared, C extends HookingContext, P extends boolean> {
  /** Name of the class and of its contexts, in prints and errors. */
  readonly name: string;
  /** The options besides the pattern; see {@link option}. */
  readonly options?: D;
  /** Whether the first argument is a pattern. Default `true`. */
  readonly pattern?: P;
  /**
   * Registers the hooks; called once in each `prepare`, and must not run the model. What throws is undone.
   *
   * @param options What was given, and the defaults of what was not.
   */
  readonly setUp: (context: C, options: ValuesOf<D>, pattern: P extends false ? undefined : Pattern) => void;
  /** Why it cannot stand on one model together with another factory; `undefined` when it can. */
  readonly conflict?: (
    options: ValuesOf<D>,
    other: HookingContextFactory<HookingContext>,
  ) => string | undefined;
}

/** The definition of a context without a cache. */
export interface PlainDefinition<
  D extends Declared,
  C extends HookingContext,
  P extends boolean,
> extends ContextDefinition<D, C, P> {
  readonly captures?: false;
  /** Class of the context, where it holds something of its own. Default {@link HookingContext}. */
  readonly context?: new (binding: Binding, unmatched?: Unmatched) => C;
}

/** The definition of a context that captures: the options of a cache are added to its own. */
export interface CapturingDefinition<
  D extends Declared,
  C extends HookingContextWithCache,
  P extends boolean,
> extends ContextDefinition<D, C, P> {
  readonly captures: true;
  /** Class of the context, where it holds something of its own. Default {@link HookingContextWithCache}. */
  readonly context?: new (binding: Binding, options?: CaptureOptions, unmatched?: Unmatched) => C;
}

type PatternOf<P extends boolean> = P extends false ? undefined : Pattern;

/**
 * A class of factories from one declaration: name, options, what is registered. Checks of options, errors about unknown
 * ones, describing, printing, comparing, and the conflict of two that fill one cache are derived.
 *
 * Derive from {@link HookingContextFactory} instead where a factory is made of something else than a pattern and options.
 *
 * @throws UsageError `CONTEXT_INVALID`
 * @example
 * const Scaling = defineContext({
 *   name: "Scaling",
 *   options: { factor: option.number().required() },
 *   setUp: (context, { factor }, pattern) => void context.hook(pattern, "fwd", (value: Tensor) => mul(value, factor)),
 * });
 * String(new Scaling("mix", { factor: 2 })); // => 'Scaling(pattern: "mix", factor: 2)'
 */
export function defineContext<
  const D extends Declared = Record<never, never>,
  C extends HookingContextWithCache = HookingContextWithCache,
  P extends boolean = true,
>(definition: CapturingDefinition<D, C, P>): ContextClass<OptionsOf<D> & CaptureOptions, C, PatternOf<P>>;
export function defineContext<
  const D extends Declared = Record<never, never>,
  C extends HookingContext = HookingContext,
  P extends boolean = true,
>(definition: PlainDefinition<D, C, P>): ContextClass<OptionsOf<D>, C, PatternOf<P>>;
export function defineContext(given: unknown): unknown {
  const definition = checkDefinition(given);
  const { name } = definition;
  const declared = { ...(definition.captures === true ? CAPTURE_OPTIONS : {}), ...definition.options };
  const Defined = class extends DefinedContextFactory {
    constructor(...args: readonly unknown[]) {
      super(definition, declared, args);
    }
  };
  Object.defineProperty(Defined, "name", { value: name });
  return Defined;
}

/** A definition whose options nobody knows. */
type AnyDefinition = Pick<ContextDefinition<Declared, never, boolean>, "name" | "options" | "pattern"> & {
  readonly captures?: boolean;
  readonly context?: unknown;
  readonly setUp: (context: never, options: never, pattern: never) => void;
  readonly conflict?: (options: never, other: HookingContextFactory<HookingContext>) => string | undefined;
};

type AnyContextClass = new (...args: readonly [Binding, ...unknown[]]) => HookingContext;

/** What every defined class shares. */
abstract class DefinedContextFactory extends HookingContextFactory<HookingContext> {
  readonly pattern: Pattern | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly #definition: AnyDefinition;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(
    definition: AnyDefinition,
    declared: Readonly<Record<string, Option>>,
    args: readonly unknown[],
  ) {
    super();
    const [pattern, options] = definition.pattern === false ? [undefined, args[0]] : args;
    if (definition.pattern !== false) compilePattern(pattern as Pattern); // checked there
    this.pattern = pattern as Pattern | undefined;
    this.options = checkOptions(definition.name, declared, options);
    this.#values = withDefaults(declared, this.options);
    this.#definition = definition;
  }

  /** What it captures with; `undefined` when it does not capture. */
  get capture(): CaptureOptions | undefined {
    return this.#definition.captures === true ? this.options : undefined;
  }

  override describe(): FactoryDescription {
    const place = this.#definition.pattern === false ? {} : { pattern: this.pattern };
    return { name: this.#definition.name, options: { ...place, ...this.options } };
  }

  /** Two that mean the same are equal, also where one of them names a default. */
  override equals(other: HookingContextFactory<HookingContext>): boolean {
    return (
      other instanceof DefinedContextFactory &&
      other.#definition === this.#definition &&
      isSame([this.pattern, this.#values], [other.pattern, other.#values])
    );
  }

  override conflict(other: HookingContextFactory<HookingContext>): string | undefined {
    const capture = other instanceof DefinedContextFactory ? other.capture : undefined;
    return (
      sharedCache(this.capture, capture) ?? this.#definition.conflict?.(this.#values as never, other) // typed by defineContext
    );
  }

  protected override createContext(binding: Binding, { unmatched }: PrepareOptions): HookingContext {
    const { captures, context } = this.#definition;
    const Context = (context ??
      (captures === true ? HookingContextWithCache : HookingContext)) as AnyContextClass; // or the definition's
    return captures === true
      ? new Context(binding, this.options, unmatched)
      : new Context(binding, unmatched);
  }

  protected override setUp(context: HookingContext): void {
    this.#definition.setUp(context as never, this.#values as never, this.pattern as never); // typed by defineContext
  }
}

/** Checks what plain JavaScript may give. */
function checkDefinition(given: unknown): AnyDefinition {
  const definition = (given ?? {}) as AnyDefinition; // or what plain JavaScript gives: checked below
  const { name, setUp }: { readonly name: unknown; readonly setUp: unknown } = definition;
  if (typeof name !== "string" || name === "") throw contextInvalid("name", name, "the name of the class");
  if (typeof setUp !== "function")
    throw contextInvalid("setUp", setUp, "a function (context, options, pattern) that registers the hooks");
  return definition;
}
