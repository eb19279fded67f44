import type { HookSlot } from "../hooks/slot.ts";
import type { SiteKind } from "../sites/site.ts";

/** Marks modules, whatever copy of this package they come from. */
export const MODULE: unique symbol = Symbol.for("@hookdict/module");

/** A module as its walk and its sites see it; importing the class would be a cycle. */
export interface ModuleNode {
  hookSlot: HookSlot | null;
  readonly axes: readonly string[] | undefined;
  readonly siteKind: SiteKind;
  readonly refusesHooks: string | undefined;
  readonly forward: unknown;
  ownWeights(): object;
}

export function isModuleNode(value: unknown): value is ModuleNode {
  return typeof value === "object" && value !== null && MODULE in value;
}
