import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import { optionInvalid, optionsInvalid, optionUnknown } from "./errors.ts";
import { Option } from "./option.ts";
import type { Declared, ValuesOf } from "./types.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * What was given, checked against what is declared: a frozen copy without what is `undefined`.
 *
 * @throws UsageError `OPTIONS_INVALID`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function checkOptions(
  owner: string,
  declared: Readonly<Record<string, Option>>,
  given: unknown = {},
): Values {
  checkArgument("checkOptions", "owner", owner, "text");
  checkArgument("checkOptions", "declared", declared, "a record");
  for (const [name, option] of Object.entries(declared))
    if (!(option instanceof Option))
      throw argumentInvalid("checkOptions", `declared.${name}`, option, "an option");
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw optionsInvalid(owner, given);
  const names = Object.keys(declared);
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name] of entries) if (!Object.hasOwn(declared, name)) throw optionUnknown(owner, name, names);
  const options = Object.fromEntries(entries) as Values;
  for (const [name, option] of Object.entries(declared)) {
    const value = options[name];
    if (value === undefined && option.presence !== "required") continue;
    const fault = option.fault(name, value);
    if (fault !== undefined) throw optionInvalid(owner, fault.name, fault.got, fault.wanted);
  }
  return Object.freeze(options);
}

/** The given options, with defaults for what was left out. */
export function withDefaults(declared: Readonly<Record<string, Option>>, options: Values): Values {
  return Object.fromEntries(
    Object.entries(declared).map(([name, { fallback }]) => [name, options[name] ?? fallback]),
  );
}

/**
 * The options of a function or class that is no context, checked against what is declared, with the defaults of what was
 * left out.
 *
 * @throws UsageError `OPTIONS_INVALID`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * readOptions("probe", { k: option.number({ min: 1 }).required() }, { k: 1 }).k; // => 1
 */
export function readOptions<const D extends Declared>(
  owner: string,
  declared: D,
  given?: unknown,
): ValuesOf<D> {
  return withDefaults(declared, checkOptions(owner, declared, given)) as ValuesOf<D>; // both go by the declaration
}

/**
 * Refuses options of other names than the known ones, for what checks the values of its options itself.
 *
 * @throws UsageError `OPTIONS_INVALID`, `OPTION_UNKNOWN`
 */
export function checkKnownOptions(owner: string, options: unknown, known: readonly string[]): void {
  checkArgument("checkKnownOptions", "owner", owner, "text");
  checkArgument("checkKnownOptions", "known", known, "a list of texts");
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw optionsInvalid(owner, options);
  for (const name of Object.keys(options)) if (!known.includes(name)) throw optionUnknown(owner, name, known);
}
