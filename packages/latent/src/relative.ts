import { compilePattern, type Pattern, type Site } from "@hookdict/core";

/** The pattern as seen from a submodule: it matches sites below `root`, by their path from there on. */
export function within(pattern: Pattern, root: string): Pattern {
  if (root === "") return pattern;
  const { matches, sources } = compilePattern(pattern);
  const prefix = `${root}.`;
  const below = (site: Site): Site => {
    const path = site.path.slice(prefix.length);
    return { ...site, path, segments: path.split(".") };
  };
  const predicate = (site: Site): boolean => site.path.startsWith(prefix) && matches(below(site));
  // Named, so that an error can say what was looked for.
  return Object.defineProperty(predicate, "name", { value: `${prefix}(${sources.join(", ")})` });
}
