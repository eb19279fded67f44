import { argumentInvalid, nearestNames } from "@hookdict/tensordict";
import { badPattern, nothingMatched } from "../sites/errors.ts";
import { resolveIndices } from "../sites/indexed.ts";
import { compilePattern, type Matcher, type Pattern } from "../sites/pattern.ts";
import type { Site } from "../sites/site.ts";
import type { HookTarget } from "../targets/target.ts";

/** What to do about a pattern that matches nothing; `"warn"` emits the event `unmatched`. */
export type Unmatched = "error" | "warn" | "ignore";

/**
 * The sites that a pattern matches, in the model's order, and what of it matches none.
 *
 * @throws MatchError `PATTERN_UNMATCHED` with the nearest names, unless `unmatched` says otherwise.
 */
export function matchSites(
  target: HookTarget,
  pattern: Pattern,
  unmatched: Unmatched,
): { readonly matched: readonly Site[]; readonly dead: readonly string[] } {
  const matcher = compilePattern(resolveIndices(pattern, () => target.sites()));
  const matched = target.matching(matcher);
  if (unmatched !== "error" && unmatched !== "warn" && unmatched !== "ignore")
    throw argumentInvalid("a pattern", "unmatched", unmatched, '"error", "warn" or "ignore"');
  if (unmatched === "ignore") return { matched, dead: [] };
  const dead = deadIn(matcher, matched, () => target.sites());
  if (dead.length === 0 || unmatched === "warn") return { matched, dead };
  const paths = target.sites().map((site) => site.path);
  throw nothingMatched(dead, paths.length, nearestNames(dead.join(" "), paths));
}

/** What of a pattern matches nothing: a glob of a list, or all of it. */
function deadIn(matcher: Matcher, matched: readonly Site[], sites: () => readonly Site[]): readonly string[] {
  const { sources } = matcher;
  if (sources.length === 1) return matched.length > 0 ? [] : sources;
  const dead = matcher.unmatched(sites, matched);
  return dead.length === 0 && matched.length === 0 ? sources : dead;
}

/** Whether sites are given, not a pattern. @throws UsageError `PATTERN_INVALID` for a list of something else */
export function isSiteList(
  where: Pattern | { readonly sites: readonly Site[] },
): where is { readonly sites: readonly Site[] } {
  if (typeof where !== "object" || where === null || !("sites" in where)) return false; // plain JavaScript may give null
  const sites: unknown = where.sites;
  const areSites = Array.isArray(sites) && sites.every((site) => typeof site?.path === "string");
  if (!areSites) throw badPattern(where, "its sites are no list of sites");
  return true;
}
