import { optionsInvalid } from "./argument-errors.ts";

/** Options as they were given; none where nothing was. @throws UsageError `OPTIONS_INVALID`. */
export function optionsOf<T extends object>(action: string, options: T | undefined): Partial<T> {
  if (options === undefined) return {};
  const given: unknown = options; // not every caller has a compiler
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw optionsInvalid(action, given);
  return options;
}
