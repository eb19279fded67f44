import type { HookSlot } from "../hooks/slot.ts";

/** A value named by `site`, with its hooks while there are any. */
export interface FunctionPlace {
  hookSlot: HookSlot | null;
  axes: readonly string[] | undefined;
}

/** A function model as what walks, runs and hooks it sees it; importing the class would be a cycle. */
export interface FunctionNode {
  readonly name: string;
  hookSlot: HookSlot | null;
  /** Whether the sites can be told: the function has run, or some are declared. */
  readonly isKnown: boolean;
  /** Values and function models inside, by name, in the order in which they were declared or first met. */
  readonly places: ReadonlyMap<string, FunctionPlace | FunctionNode>;
  /** The place of a named value. @throws UsageError `FUNCTION_SITE_NAME`, `PATH_EMPTY` */
  place(name: string, axes?: readonly string[]): FunctionPlace;
  /** Takes note of a function model that is called inside. @throws UsageError `FUNCTION_SITE_NAME` */
  adopt(inner: FunctionNode, as?: string): void;
}
