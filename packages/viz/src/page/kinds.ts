import type { DrawnKind } from "../blocks/block.ts";
import type { Extra } from "../element/extra.ts";

/** What stands in place of `blocks/blocks.ts` in a page: the kinds that its script brings, and what belongs to them. */
export const BLOCKS: DrawnKind[] = [];
export const EXTRAS: Extra[] = [];

/** Called by the script of each kind. */
export function add(kind: DrawnKind, ...extras: readonly Extra[]): void {
  BLOCKS.push(kind);
  EXTRAS.push(...extras);
}
