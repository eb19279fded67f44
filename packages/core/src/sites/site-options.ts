import { argumentInvalid, checkArgument, checkOptionNames, nearestNames } from "@hookdict/tensordict";
import { nothingMatched } from "./errors.ts";
import { compilePattern } from "./pattern.ts";
import type { Site } from "./site.ts";

/** Why nobody may put a hook at a site; `undefined` where everybody may. */
export type Refusal = (site: Site) => string | undefined;

/** Options that say something of sites by name: of what kind that is, and how the whole is written. */
const BY_NAME = {
  axes: ["a list of texts", '{ glob: ["batch", "unit"] }'],
  names: ["text", '{ name: "path" }'],
  refuses: ["text", '{ glob: "reason" }'],
} as const;

/**
 * Checks what plain JavaScript may give as options that say something of sites by name.
 *
 * @param known The options that there are; those whose form is not known here are the caller's to check.
 * @throws UsageError `ARGUMENT_INVALID`
 */
export function checkSiteOptions(owner: string, options: unknown, known: readonly string[]): void {
  checkOptionNames(owner, options, known);
  const given = options as Readonly<Record<string, unknown>>; // just checked
  for (const [option, [kind, wanted]] of Object.entries(BY_NAME)) {
    const said = given[option];
    if (said === undefined) continue;
    if (typeof said !== "object" || said === null || Array.isArray(said))
      throw argumentInvalid(owner, option, said, wanted);
    for (const [name, value] of Object.entries(said)) checkArgument(owner, `${option}.${name}`, value, kind);
  }
}

/**
 * The option `refuses`, compiled: the first glob that matches a site holds.
 *
 * @param sites All sites, where they are known: each glob must match one.
 * @throws UsageError `PATTERN_INVALID`; MatchError `PATTERN_UNMATCHED`
 */
export function refusalOf(refuses: Readonly<Record<string, string>> = {}, sites?: readonly Site[]): Refusal {
  const compiled = Object.entries(refuses).map(([glob, reason]) => {
    const { matches } = compilePattern(glob);
    if (sites !== undefined && !sites.some(matches)) {
      const paths = sites.map(({ path }) => path);
      throw nothingMatched([glob], paths.length, nearestNames(glob, paths));
    }
    return [matches, reason] as const;
  });
  return (site) => compiled.find(([matches]) => matches(site))?.[1];
}
