import type { HookSlot } from "../hooks/slot.ts";
import type { SiteKind } from "../sites/site.ts";

/** Marks modules, whatever copy of this package they come from. */
export const MODULE: unique symbol = Symbol.for("@hookdict/module");

/** A module as its walk and its sites see it; importing the class would be a cycle. */
export interface ModuleNode {
  /**
   * Notes that a walk has come here: whether it is the first time; `undefined` where nothing can be noted, as in a proxy.
   * A walk meets thousands, and a set of them would cost more than all else that it does.
   */
  readonly [MODULE]?: (walk: number) => boolean | undefined;
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
