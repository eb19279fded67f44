import { lazyNested } from "./errors.ts";
import { dictLocked } from "../tree/errors.ts";
import { refuseLeafOnPath } from "../tree/keys.ts";
import { type AnyTensorDict, DictNode, isNode, type NodeValue, pathOf } from "../tree/node.ts";
import { freeNode } from "../tree/lifetime.ts";
import { startNode } from "../tree/start.ts";
import { requireWritable, takeOut, write } from "../tree/write.ts";
import { unbindNode } from "./part.ts";

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

/** Merges values into dicts that lie along a dim: each gets its part. Happens in all or none. **Ownership:** takes the values. */
export function updateEach(
  nodes: readonly DictNode[],
  values: Readonly<Record<string, unknown>>,
  batchSize: readonly number[],
  dim: number,
): void {
  const whole = startNode(values, { batchSize });
  try {
    const paths = pathsIn(whole);
    for (const node of nodes) for (const path of paths) requireRoom(node, path);
    for (const [i, part] of unbindNode(whole, dim).entries())
      for (const path of paths) write(nodes[i] as DictNode, path, takeOut(part, path, "update").value); // as many as dicts
  } finally {
    freeNode(whole);
  }
}

function pathsIn(node: DictNode): readonly (readonly string[])[] {
  return [...node.leaves].flatMap(([name, value]) =>
    isNode(value) ? pathsIn(value).map((path) => [name, ...path]) : [[name]],
  );
}

/** A dict that lies in another is that one's to free. */
export function requireFree({ dictNode }: AnyTensorDict): void {
  if (dictNode.parent !== undefined) throw lazyNested(pathOf(dictNode));
}
