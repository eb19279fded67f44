import type { Pattern } from "@hookdict/core";
import type { HookingContext } from "../context.ts";
import type { HookingContextFactory } from "../factory.ts";
import type { Option } from "./option.ts";

/** Options by name. */
export type Declared = Readonly<Record<string, Option>>;

type TypeOf<D> = D extends Option<infer T> ? T : never;

type RequiredKeys<D extends Declared> = {
  [K in keyof D]: D[K] extends Option<infer _T, "required"> ? K : never;
}[keyof D];

/** Keys of the options that `setUp` always finds. */
type FilledKeys<D extends Declared> = {
  [K in keyof D]: D[K] extends Option<infer _T, "required" | "default"> ? K : never;
}[keyof D];

type Flat<T> = { readonly [K in keyof T]: T[K] };

/** What a user may give, by the declaration. */
export type OptionsOf<D extends Declared> = Flat<
  { readonly [K in RequiredKeys<D>]: TypeOf<D[K]> } & {
    readonly [K in Exclude<keyof D, RequiredKeys<D>>]?: TypeOf<D[K]>;
  }
>;

/** What `setUp` is given: defaults are filled in, and what is optional may be `undefined`. */
export type ValuesOf<D extends Declared> = Flat<
  { readonly [K in FilledKeys<D>]: TypeOf<D[K]> } & {
    readonly [K in Exclude<keyof D, FilledKeys<D>>]: TypeOf<D[K]> | undefined;
  }
>;

/** A factory made by a definition. */
export interface DefinedFactory<
  O extends object,
  C extends HookingContext,
  P extends Pattern | undefined = Pattern,
  N extends PropertyKey = keyof O,
> extends HookingContextFactory<C> {
  /** Where it hooks. */
  readonly pattern: P;
  /** What was given. */
  readonly options: O;
  /** Only in types: a class that is annotated with an interface of options has exactly these. */
  readonly __names?: (names: N) => N;
}

/** Options may be left out when none is required. */
type OptionArguments<O extends object> = object extends O ? [options?: O] : [options: O];

/**
 * The class that {@link defineContext} makes: `new (pattern, options)`, or `new (options)` without a pattern. It may be
 * written down, as `isolatedDeclarations` asks for: `ContextClass<MyOptions, HookingContextWithCache>`.
 */
export interface ContextClass<
  O extends object,
  C extends HookingContext,
  P extends Pattern | undefined = Pattern,
  N extends PropertyKey = keyof O,
> {
  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `PATTERN_INVALID` */
  new (
    ...args: [P] extends [Pattern] ? [pattern: P, ...OptionArguments<O>] : OptionArguments<O>
  ): DefinedFactory<O, C, P, N>;
  /** The definition's name. */
  readonly name: string;
}
