import { dictLocked } from "../tree/errors.ts";
import { refuseLeafOnPath } from "../tree/keys.ts";
import { DictNode, isNode, type NodeValue } from "../tree/node.ts";
import { requireWritable } from "../tree/write.ts";

// What a LazyStack does to the nodes of its dicts.

/** What a node shares with all others: the names that are in all, at every level; it owns nothing. */
export function sharedPart(node: DictNode, others: readonly DictNode[]): DictNode {
  const part = new DictNode(node.batchSize);
  for (const name of others[0]?.leaves.keys() ?? []) {
    const values = others.map((other) => other.leaves.get(name));
    const value = node.leaves.get(name);
    if (value === undefined || values.includes(undefined)) continue;
    if (values.every((each) => each !== undefined && isNode(each))) {
      part.leaves.set(name, sharedPart(value as DictNode, values)); // looked at the line above
    } else if (!values.some((each) => each !== undefined && isNode(each))) part.leaves.set(name, value);
  }
  return part;
}

/** Throws unless a path may be written below a node. */
export function requireRoom(root: DictNode, path: readonly string[]): void {
  requireWritable(root, "set");
  refuseLeafOnPath(root, path);
  let node: NodeValue | undefined = root;
  for (const name of path.slice(0, -1)) {
    node = node.leaves.get(name);
    if (node === undefined || !isNode(node)) return;
    if (node.locked) throw dictLocked("set");
  }
}

/** A tree that shows a value at a path and nothing else; it owns nothing. */
export function onlyAt(path: readonly string[], value: NodeValue, batchSize: readonly number[]): DictNode {
  const [name = "", ...rest] = path;
  const node = new DictNode(batchSize);
  node.leaves.set(name, rest.length === 0 ? value : onlyAt(rest, value, batchSize));
  return node;
}
