import { keyCollision } from "./errors.ts";
import { place } from "./intake.ts";
import { find, type Key, keyPath, require } from "./keys.ts";
import type { DictNode } from "./node.ts";
import { requireWritable, takeOut, write } from "./write.ts";

/** Moves a value to another key, where it comes last. Nothing has changed when it throws. */
export function renameKey(root: DictNode, from: Key, to: Key): void {
  requireWritable(root, "renameKey");
  const { value } = require(root, from);
  if (find(root, to) !== undefined) throw keyCollision(keyPath(to), "renameKey");
  const { node, name } = takeOut(root, from, "renameKey");
  try {
    write(root, to, value);
  } catch (error) {
    place(node, name, value);
    throw error;
  }
}
