import { textInvalid } from "./argument-errors.ts";
import { keyCollision } from "./errors.ts";
import { DictNode, isNode } from "./node.ts";
import { cloneNode } from "./lifetime.ts";

/** A tree of one level: the names on the way to each leaf, joined. Empty nested levels leave nothing. */
export function flattenNode(root: DictNode, separator: string): DictNode {
  requireText("flattenKeys", separator);
  const flat = new DictNode(root.batchSize);
  const visit = (node: DictNode, prefix: string): void => {
    for (const [name, value] of node.leaves) {
      const joined = prefix + name;
      if (isNode(value)) visit(value, joined + separator);
      else {
        if (flat.leaves.has(joined)) throw keyCollision([joined], "flattenKeys");
        flat.leaves.set(joined, value);
      }
    }
  };
  visit(root, "");
  return cloneNode(flat);
}

/** A nested tree: names split into levels. */
export function unflattenNode(root: DictNode, separator: string): DictNode {
  requireText("unflattenKeys", separator);
  const tree = new DictNode(root.batchSize);
  const made = new Set<DictNode>([tree]);
  for (const [joined, value] of root.leaves) {
    const path = joined.split(separator);
    let at = tree;
    for (const [i, name] of path.slice(0, -1).entries()) {
      const next = at.leaves.get(name) ?? new DictNode(root.batchSize);
      if (!isNode(next) || (at.leaves.has(name) && !made.has(next))) {
        throw keyCollision(path.slice(0, i + 1), "unflattenKeys");
      }
      made.add(next);
      at.leaves.set(name, next);
      at = next;
    }
    const last = path.at(-1) as string; // split gives at least one
    if (at.leaves.has(last)) throw keyCollision(path, "unflattenKeys");
    at.leaves.set(last, value);
  }
  return cloneNode(tree);
}

/** Throws unless a separator is text. */
function requireText(action: string, separator: unknown): void {
  if (typeof separator !== "string") throw textInvalid(action, "its separator", separator);
}
