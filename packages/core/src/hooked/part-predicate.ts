import { type Pattern, patternMembers, type SitePredicate } from "../sites/pattern.ts";
import type { Binding } from "./binding.ts";

/** Marks a predicate that makes the site which it picks. */
export const BRINGS: unique symbol = Symbol.for("@hookdict/brings");

/** A predicate that picks a part of what passes a site: the part is a site while an owner of hooks uses it. */
export interface PartPredicate extends SitePredicate {
  readonly [BRINGS]: {
    /** Makes the part for an owner of hooks that asks for it, for the first time or again. */
    readonly open: (owner: Binding) => void;
    /** The same part as seen from a module: of the site at its path below `root`. */
    readonly below: (root: string) => SitePredicate;
  };
}

export function isPartPredicate(pattern: Pattern): pattern is PartPredicate {
  return typeof pattern === "function" && BRINGS in pattern;
}

/** Makes the parts that a pattern names, for an owner. */
export function bringParts(owner: Binding, pattern: Pattern): void {
  for (const member of patternMembers(pattern)) if (isPartPredicate(member)) member[BRINGS].open(owner);
}
