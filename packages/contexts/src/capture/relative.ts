import { checkArgument } from "@hookdict/tensordict";
import {
  BRINGS,
  compilePattern,
  isPartPredicate,
  type Pattern,
  patternMembers,
  type Site,
} from "@hookdict/core";

/**
 * The pattern as seen from a submodule: it matches sites below `root`, by their path from there on. A list stays a list,
 * so that each of its members must match.
 */
export function within(pattern: Pattern, root: string): Pattern {
  checkArgument("within", "root", root, "text");
  if (root === "") return pattern;
  const members = patternMembers(pattern);
  const seen = members.map((member) => below(member, root));
  // Exclusions alone start from everything: here, from everything below the root.
  if (members.length > 0 && members.every(isExclusion)) return [`${literal(root)}.**`, ...seen];
  const [only] = seen;
  return seen.length === 1 && only !== undefined ? only : seen;
}

function below(pattern: Pattern, root: string): Pattern {
  if (typeof pattern === "string")
    return isExclusion(pattern) ? `!${literal(root)}.${pattern.slice(1)}` : `${literal(root)}.${pattern}`;
  if (isPartPredicate(pattern)) return pattern[BRINGS].below(root);
  const { matches, sources } = compilePattern(pattern);
  const prefix = `${root}.`;
  const seen = (site: Site): Site => {
    const path = site.path.slice(prefix.length);
    return { ...site, path, segments: path.split(".") };
  };
  const predicate = (site: Site): boolean => site.path.startsWith(prefix) && matches(seen(site));
  // Named, so that an error can say what was looked for.
  return Object.defineProperty(predicate, "name", { value: `${prefix}(${sources.join(", ")})` });
}

function isExclusion(pattern: Pattern): boolean {
  return typeof pattern === "string" && pattern.startsWith("!") && !pattern.startsWith("!(");
}

/** A path as a glob that matches it alone. */
export function literal(path: string): string {
  return path.replaceAll(/[*?[\]()!+@\\{},|]/g, "\\$&");
}
