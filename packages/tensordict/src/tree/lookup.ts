import { keyMissing, keyThroughLeaf } from "./errors.ts";
import { type Key, keyPath } from "./keys.ts";
import { type DictNode, isNode, isTensorLeaf, type NodeValue } from "./node.ts";
import { live } from "./lifetime.ts";

/** Where a key leads: the innermost dict on the way, the last name, and what lies there. */
export interface Place {
  readonly node: DictNode;
  readonly name: string;
  readonly value: NodeValue;
}

/** What a key leads to, or `undefined`. */
export function find(root: DictNode, key: Key): Place | undefined {
  if (typeof key === "string") return placeIn(root, key);
  const path = keyPath(key);
  let node = root;
  for (let i = 0; i < path.length - 1; i++) {
    const value = node.leaves.get(path[i] as string); // in range by the loop's bound
    if (value === undefined || !isNode(value)) return undefined;
    node = value;
  }
  return placeIn(node, path.at(-1) as string); // a key path is not empty
}

function placeIn(node: DictNode, name: string): Place | undefined {
  const value = node.leaves.get(name);
  if (value === undefined) return undefined;
  if (isTensorLeaf(value)) live(node, name, value);
  return { node, name, value };
}

/** What a key leads to. */
export function require(root: DictNode, key: Key): Place {
  const place = find(root, key);
  if (place !== undefined) return place;
  const path = keyPath(key);
  refuseLeafOnPath(root, path);
  throw keyMissing(path, [...namesOf(root)]);
}

/** Throws when a path goes on after a leaf. */
export function refuseLeafOnPath(root: DictNode, path: readonly string[]): void {
  let node = root;
  for (const [i, name] of path.slice(0, -1).entries()) {
    const value = node.leaves.get(name);
    if (value === undefined) return;
    if (!isNode(value)) {
      throw keyThroughLeaf(path, path.slice(0, i + 1), isTensorLeaf(value) ? "tensor" : "value");
    }
    node = value;
  }
}

/** Every path below a node, parents before children. */
export function* namesOf(node: DictNode, prefix: readonly string[] = []): Generator<readonly string[]> {
  for (const [name, value] of node.leaves) {
    const path = [...prefix, name];
    yield path;
    if (isNode(value)) yield* namesOf(value, path);
  }
}
