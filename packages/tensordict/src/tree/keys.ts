import { keyEmpty, keyInvalid, keyMissing, keyThroughLeaf, keyTooDeep } from "./errors.ts";
import { live } from "./lifetime.ts";
import { type DictNode, isNode, isTensorLeaf, type NodeValue } from "./node.ts";

/**
 * Where a value lies: a string for one level, an array of strings for nested ones. Any string will do: dots, slashes,
 * the empty string and names such as `__proto__` are ordinary.
 */
export type Key = string | readonly string[];

/** Deepest nesting of a TensorDict: what walks a tree may recurse. */
export const MAX_DEPTH = 100;

/**
 * The names of a key, outermost first.
 *
 * @throws KeyError `KEY_INVALID`, `KEY_EMPTY`, `KEY_TOO_DEEP`.
 */
export function keyPath(key: unknown): readonly string[] {
  if (typeof key === "string") return [key];
  if (!Array.isArray(key)) throw keyInvalid(key);
  if (key.length === 0) throw keyEmpty();
  if (key.length > MAX_DEPTH) throw keyTooDeep(key.length, MAX_DEPTH);
  const names: readonly unknown[] = key;
  for (const name of names) if (typeof name !== "string") throw keyInvalid(key);
  return key as readonly string[]; // checked above
}

/** A path as a key: one name as a plain string. */
export function pathKey(path: readonly string[]): Key {
  const [only] = path;
  return path.length === 1 && only !== undefined ? only : path;
}

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
