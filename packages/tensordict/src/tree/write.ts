import { dictDisposed, dictLocked, keyTooDeep } from "./errors.ts";
import { checkValue, type Intake, place, settleIntake, takeValue } from "./intake.ts";
import { type Key, keyPath, MAX_DEPTH, type Place, refuseLeafOnPath, require } from "./keys.ts";
import { DictNode, isNode, isTensorDict, isTensorLeaf, type NodeValue, pathOf, isFitting } from "./node.ts";
import { adopt, disown } from "../tensors/ownership.ts";
import { attach, freeValue } from "./lifetime.ts";

/** Throws unless the node may be changed. */
export function requireWritable(node: DictNode, action: string): void {
  if (node.disposed) throw dictDisposed(action);
  if (node.locked) throw dictLocked(action);
}

/** Stores a value under a key, taking it; missing levels are made. Happens whole or not at all. */
export function write(root: DictNode, key: Key, value: unknown): void {
  requireWritable(root, "set");
  if (typeof key === "string") return writeName(root, key, value);
  const path = keyPath(key);
  const last = path.length - 1;
  let node = root;
  for (let i = 0; i < last; i++) {
    const next = node.leaves.get(path[i] as string); // in range by the loop's bound
    if (next === undefined) return writeNew(node, path.slice(i), value);
    if (!isNode(next)) return refuseLeafOnPath(root, path);
    node = next;
  }
  writeName(node, path[last] as string, value); // a key path is not empty
}

function writeName(node: DictNode, name: string, value: unknown): void {
  if (node.locked) throw dictLocked("set");
  const old = node.leaves.get(name);
  if (isSame(old, value)) return;
  // The way of captures: no lists are made.
  if (isFitting(value, node.batchSize)) {
    node.leaves.set(name, adopt(value));
  } else {
    check(node, [name], value);
    place(node, name, takeValue(value, node.batchSize));
  }
  if (old !== undefined) freeValue(old);
}

function isSame(old: NodeValue | undefined, value: unknown): boolean {
  if (old === undefined) return false;
  return old === value
    ? !isTensorLeaf(old) || !old.isDisposed
    : isTensorDict(value) && value.dictNode === old;
}

/** Stores under a path whose first name is new in `node`. */
function writeNew(node: DictNode, path: readonly string[], value: unknown): void {
  if (node.locked) throw dictLocked("set");
  check(node, path, value);
  const taken = takeValue(value, node.batchSize);
  let at = node;
  for (const name of path.slice(0, -1)) {
    const level = new DictNode(node.batchSize);
    attach(at, name, level);
    at = level;
  }
  place(at, path.at(-1) as string, taken); // a key path is not empty
}

/** Throws unless a value may lie under a path below a node. */
export function check(node: DictNode, path: readonly string[], value: unknown): void {
  const intake: Intake = { node, mismatches: [] };
  const full = [...pathOf(node), ...path];
  if (full.length > MAX_DEPTH) throw keyTooDeep(full.length, MAX_DEPTH);
  checkValue(intake, full, value, node.batchSize);
  settleIntake(intake);
}

/** Removes what a key leads to, and frees it. */
export function remove(root: DictNode, key: Key, action: string): void {
  freeValue(takeOut(root, key, action).value);
}

/** Removes what a key leads to and hands it out: the caller owns it. */
export function takeOut(root: DictNode, key: Key, action: string): Place {
  requireWritable(root, action);
  return takeFrom(root, require(root, key), action);
}

/** {@link takeOut} for what has been found. */
export function takeFrom(root: DictNode, found: Place, action: string): Place {
  if (root.locked || found.node.locked) throw dictLocked(action);
  found.node.leaves.delete(found.name);
  if (isNode(found.value)) found.value.parent = undefined;
  else if (isTensorLeaf(found.value)) disown(found.value);
  return found;
}
