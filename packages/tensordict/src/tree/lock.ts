import { unlockNested } from "./errors.ts";
import { type DictNode, isNode, pathOf } from "./node.ts";

/** Locks a node and all below it. */
export function lockNode(node: DictNode): void {
  setLocked(node, true);
}

/** Unlocks a node and all below it. */
export function unlockNode(node: DictNode): void {
  if (node.parent?.locked === true) throw unlockNested(pathOf(node));
  setLocked(node, false);
}

function setLocked(node: DictNode, locked: boolean): void {
  node.locked = locked;
  for (const value of node.leaves.values()) if (isNode(value)) setLocked(value, locked);
}
