import { nearestNames } from "@hookdict/tensordict";
import { nothingMatched } from "../sites/errors.ts";
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
