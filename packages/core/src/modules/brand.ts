import type { SiteKind } from "../sites/site.ts";

/** Marks modules, whatever copy of this package they come from. */
export const MODULE: unique symbol = Symbol.for("@hookdict/module");

/** A module as a walk sees it; importing the class would be a cycle. */
export interface ModuleNode {
  readonly axes: readonly string[] | undefined;
  readonly siteKind: SiteKind;
  readonly refusesHooks?: string | undefined;
}
