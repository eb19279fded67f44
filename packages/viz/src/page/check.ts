import type { DrawnKind } from "../blocks/block.ts";
import type { AnyBlock } from "../description/types.ts";
import { blockUnknown } from "./errors.ts";
import { BLOCKS } from "./kinds.ts";

// What a page's script has in place of `render/check.ts`: what a page holds was checked when it was written.

export function kindOf(block: AnyBlock): DrawnKind {
  const kind = BLOCKS.find((each) => each.block === block.block);
  if (kind === undefined) throw blockUnknown(block.block);
  return kind;
}

// Functions without a body: calls of such are left out.

export function checkDescription(): void {}

export function checkShape(): void {}
