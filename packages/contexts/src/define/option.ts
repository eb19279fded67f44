import { argumentInvalid, checkArgument, checkOptionNames, showAsText } from "@hookdict/tensordict";
import { type Direction, DIRECTIONS, isDirection, type Pattern } from "@hookdict/core";
import { isTensor, isTensorDict, type TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Whether an option may be left out, and whether something stands in for it then. */
export type Presence = "optional" | "required" | "default";

/** What is wrong with a value: the value itself, or a part of it. */
export interface OptionFault {
  /** The option, or a part of it: `at.pos`. */
  readonly name: string;
  readonly got: unknown;
  readonly wanted: string;
}

/**
 * One option of a context, declared once: its type, its check, what an error says, and its default. Options are values:
 * `required`, `default` and `wants` return another one.
 */
export class Option<T = unknown, P extends Presence = Presence> {
  static {
    showAsText(this, ({ wanted, presence }) => `Option: ${wanted}, ${presence}`);
  }

  /** What an error says is wanted: `a whole number from 0 on`. */
  readonly wanted: string;
  readonly presence: P;
  /** What stands in for an option that is left out. */
  readonly fallback: T | undefined;
  /** Whether a value of any origin is one. */
  readonly check: (value: unknown) => boolean;
  /** The option that each part of a value must be, where it has parts with names. */
  readonly item: Option | undefined;

  constructor(
    wanted: string,
    check: (value: unknown) => boolean,
    presence: P,
    rest: { readonly fallback?: T; readonly item?: Option | undefined } = {},
  ) {
    this.wanted = wanted;
    this.check = check;
    this.presence = presence;
    this.fallback = rest.fallback;
    this.item = rest.item;
    Object.freeze(this);
  }

  /** What is wrong with a value; `undefined` when it is good. */
  fault(name: string, value: unknown): OptionFault | undefined {
    checkArgument("fault", "name", name, "text");
    if (!this.check(value)) return { name, got: value, wanted: this.wanted };
    const { item } = this;
    if (item === undefined) return undefined;
    const faults = Object.entries(value as object).map(([key, part]) => item.fault(`${name}.${key}`, part)); // a record, by `check`
    return faults.find((fault) => fault !== undefined);
  }

  /** The option, which must be given. */
  required(): Option<T, "required"> {
    return new Option<T, "required">(this.wanted, this.check, "required", { item: this.item });
  }

  /** The option, for which `value` stands in. */
  default(value: T): Option<T, "default"> {
    return new Option<T, "default">(this.wanted, this.check, "default", { item: this.item, fallback: value });
  }

  /** The option with another text of what is wanted. */
  wants(wanted: string): Option<T, P> {
    const { item, fallback } = this;
    return new Option<T, P>(wanted, this.check, this.presence, {
      item,
      ...(fallback === undefined ? {} : { fallback }),
    });
  }
}

/** Bounds of a number: `min` and `max` are included, `above` and `below` are not. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
  readonly integer?: boolean;
}

type Optional<T> = Option<T, "optional">;

/** The kinds of options; see {@link option}. */
export interface OptionKinds {
  /** Anything with a check of its own: `option.of<Mask>("a mask", isMask)`. */
  of<T>(wanted: string, check: (value: unknown) => boolean): Optional<T>;
  /** A finite number. */
  number(bounds?: NumberBounds): Optional<number>;
  string(): Optional<string>;
  boolean(): Optional<boolean>;
  oneOf<const T extends readonly [string, ...string[]]>(...values: T): Optional<T[number]>;
  /** A list of at least `min` items, default 0. */
  list<T>(item: Option<T>, min?: number): Optional<readonly T[]>;
  /** A record whose values are all of one kind. */
  record<T>(item: Option<T>): Optional<Readonly<Record<string, T>>>;
  /** A function, of a type that JavaScript cannot check. */
  fn<F extends (...args: never[]) => unknown>(): Optional<F>;
  /** A tensor that is alive. *Borrowed*. */
  tensor(): Optional<Tensor>;
  tensorDict(): Optional<TensorDict>;
  direction(): Optional<Direction>;
  /** Where in a model, besides the pattern that is the first argument. */
  pattern(): Optional<Pattern>;
}

function of<T>(wanted: string, check: (value: unknown) => boolean): Optional<T> {
  checkArgument("option.of", "wanted", wanted, "text");
  checkArgument("option.of", "check", check, "a function");
  return new Option<T, "optional">(wanted, check, "optional");
}

function numberOption(bounds: NumberBounds = {}): Optional<number> {
  checkOptionNames("option.number", bounds, ["min", "max", "above", "below", "integer"]);
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity, integer = false } = bounds;
  for (const [name, bound] of Object.entries({ min, max, above, below }))
    if (typeof bound !== "number") throw argumentInvalid("option.number", name, bound, "a number");
  checkArgument("option.number", "integer", integer, "true or false");
  const kind = integer ? "a whole number" : "a finite number";
  return of(
    `${kind}${range(min, max, above, below)}`,
    (value) =>
      typeof value === "number" &&
      Number.isFinite(value) &&
      value >= min &&
      value <= max &&
      value > above &&
      value < below &&
      (!integer || Number.isInteger(value)),
  );
}

/** ` from 0 to 1`, ` above 0 and up to 1`, ` from 0 on`. */
function range(min: number, max: number, above: number, below: number): string {
  const isOpen = above !== -Infinity || below !== Infinity;
  const from = min === -Infinity ? "" : ` from ${min}`;
  const to = max === Infinity ? (from === "" || isOpen ? "" : " on") : `${isOpen ? " up to" : " to"} ${max}`;
  if (!isOpen) return `${from}${to}`;
  const parts = [
    from,
    above === -Infinity ? "" : ` above ${above}`,
    below === Infinity ? "" : ` below ${below}`,
    to,
  ];
  return parts.filter((part) => part !== "").join(" and");
}

/** @throws UsageError `ARGUMENT_INVALID` for what is no option */
function checkItem(owner: string, item: unknown): void {
  if (!(item instanceof Option))
    throw argumentInvalid(owner, "item", item, "an option, such as option.string()");
}

function quoted(values: readonly string[]): string {
  checkArgument("option.oneOf", "values", values, "a list of texts");
  const shown = values.map((value) => JSON.stringify(value));
  return shown.length === 1
    ? String(shown[0])
    : `${shown.slice(0, -1).join(", ")} or ${String(shown.at(-1))}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPattern(value: unknown, depth = 0): boolean {
  if (Array.isArray(value))
    return depth < 100 && value.length > 0 && value.every((item) => isPattern(item, depth + 1));
  return typeof value === "string" || typeof value === "function";
}

/**
 * The kinds of options that {@link defineContext} declares. Each may be left out unless it is `required()` or has a
 * `default(value)`.
 *
 * @example
 * const strength = option.number({ min: 0 });
 * strength.wanted; // => "a finite number from 0 on"
 * strength.check(-1); // => false
 */
export const option: OptionKinds = Object.freeze({
  of,
  number: numberOption,
  string: () => of<string>("a text", (value) => typeof value === "string"),
  boolean: () => of<boolean>("true or false", (value) => typeof value === "boolean"),
  oneOf: <const T extends readonly [string, ...string[]]>(...values: T) =>
    of<T[number]>(quoted(values), (value) => (values as readonly unknown[]).includes(value)), // any value may be asked
  list: <T>(item: Option<T>, min = 0) => {
    checkItem("option.list", item);
    checkArgument("option.list", "min", min, "a whole number, 0 or more");
    return of<readonly T[]>(
      `a list of ${min > 0 ? `at least ${min}, each ` : ""}${item.wanted}`,
      (value) => Array.isArray(value) && value.length >= min && value.every((part) => item.check(part)),
    );
  },
  record: <T>(item: Option<T>) => {
    checkItem("option.record", item);
    return new Option<Readonly<Record<string, T>>, "optional">("a record", isRecord, "optional", { item });
  },
  fn: <F extends (...args: never[]) => unknown>() =>
    of<F>("a function", (value) => typeof value === "function"),
  tensor: () => of<Tensor>("a tensor that is alive", (value) => isTensor(value) && !value.isDisposed),
  tensorDict: () =>
    of<TensorDict>("a TensorDict that is alive", (value) => isTensorDict(value) && !value.isDisposed),
  direction: () => of<Direction>(quoted(DIRECTIONS), isDirection),
  pattern: () => of<Pattern>("a glob, a function of a site, or a list of these", isPattern),
});
