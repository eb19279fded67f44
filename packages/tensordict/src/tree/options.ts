import { argumentInvalid } from "../values/arguments.ts";
import { optionsInvalid } from "./argument-errors.ts";

/**
 * Options as they were given; none where nothing was.
 *
 * @param known What they are; another one would count for nothing.
 * @throws UsageError `OPTIONS_INVALID`, `ARGUMENT_INVALID`.
 */
export function optionsOf<T extends object>(
  action: string,
  options: T | undefined,
  known?: readonly string[],
): Partial<T> {
  if (options === undefined) return {};
  const given: unknown = options; // not every caller has a compiler
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw optionsInvalid(action, given);
  if (known !== undefined)
    for (const name in given)
      if (!known.includes(name)) throw argumentInvalid(action, "an option", name, `only ${known.join(", ")}`);
  return options;
}
