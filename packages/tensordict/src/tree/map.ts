import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { functionInvalid, leafFunction } from "./argument-errors.ts";
import { batchMismatch, keysDiffer, type Mismatch, tensorDisposed } from "./errors.ts";
import { isTensor } from "../values/structure.ts";
import { find, type Key, pathKey } from "./keys.ts";
import { DictNode, isNode, isTensorLeaf, type NodeValue, walkLeaves, startsWith } from "./node.ts";
import type { NonTensor } from "../values/non-tensor.ts";
import { adopt } from "../tensors/ownership.ts";
import { attach, freeNode, live } from "./lifetime.ts";
import { write } from "./write.ts";

/** What a tensor becomes. **Ownership:** borrows the tensor; what it returns is taken. */
export type LeafFunction = (tensor: Tensor, key: Key, ...others: readonly Tensor[]) => Tensor;

/**
 * The same tree with every tensor replaced, and possibly another batch size. Each call runs in a scope of its own: what
 * it makes and does not return is freed.
 *
 * @param nonTensor What a leaf that is no tensor becomes; it lies in `node`.
 * @param sizeOf Batch size of a nested dict in the result.
 */
export function mapLeaves(
  root: DictNode,
  batchSize: readonly number[],
  change: (tensor: Tensor, path: readonly string[], node: DictNode) => Tensor,
  nonTensor: (leaf: NonTensor, path: readonly string[], node: DictNode) => NonTensor = (leaf) => leaf,
  sizeOf: (child: DictNode) => readonly number[] = (child) => childSize(root, child, batchSize),
): DictNode {
  const mismatches: Mismatch[] = [];
  const visit = (node: DictNode, prefix: readonly string[], size: readonly number[]): DictNode => {
    const copy = new DictNode(size);
    built.push(copy);
    for (const [name, value] of node.leaves) {
      const path = [...prefix, name];
      if (isNode(value)) attach(copy, name, visit(value, path, sizeOf(value)));
      else if (isTensorLeaf(value)) {
        const leaf = changed(live(node, name, value), (old) => change(old, path, node), path);
        copy.leaves.set(name, leaf);
        if (!startsWith(leaf.shape, size)) mismatches.push({ key: path, expected: size, got: leaf.shape });
      } else copy.leaves.set(name, nonTensor(value, path, node));
    }
    return copy;
  };
  const built: DictNode[] = [];
  try {
    const copy = visit(root, [], batchSize);
    if (mismatches.length > 0) throw batchMismatch(mismatches);
    return copy;
  } catch (error) {
    for (const node of built) freeNode(node);
    throw error;
  }
}

/** A nested batch size under a changed outer one: what it has beyond the old outer one is kept. */
function childSize(root: DictNode, child: DictNode, batchSize: readonly number[]): readonly number[] {
  return batchSize === root.batchSize
    ? child.batchSize
    : Object.freeze([...batchSize, ...child.batchSize.slice(root.batchSize.length)]);
}

function changed(tensor: Tensor, change: (tensor: Tensor) => Tensor, path: readonly string[]): Tensor {
  const result: { leaf?: Tensor } = {};
  // The leaf is kept, so the scope does not free it; handing it out through the scope would track it twice.
  tidy(() => {
    const made: unknown = change(tensor);
    if (!isTensor(made)) throw leafFunction(path, made);
    if (made.isDisposed) throw tensorDisposed(path);
    result.leaf = adopt(made);
  });
  return result.leaf as Tensor; // set above, unless `change` has thrown
}

/** Every tensor of a tree together with those at the same keys of others. */
export function applyLeaves(
  root: DictNode,
  others: readonly DictNode[],
  batchSize: readonly number[],
  fn: LeafFunction,
): DictNode {
  requireFunction("apply", fn);
  for (const other of others) requireSameKeys("apply", root, other);
  return mapLeaves(root, batchSize, (tensor, path) =>
    fn(tensor, pathKey(path), ...others.map((other) => find(other, path)?.value as Tensor)),
  ); // the keys are the same, and tensors lie where tensors do
}

/** Throws unless two trees have tensors at the same keys. */
export function requireSameKeys(action: string, a: DictNode, b: DictNode): void {
  const paths = (root: DictNode): string[] =>
    [...walkLeaves(root)].filter(([, leaf]) => isTensorLeaf(leaf)).map(([path]) => JSON.stringify(path));
  const [left, right] = [new Set(paths(a)), new Set(paths(b))];
  const lacking = [...left].filter((path) => !right.has(path));
  const extra = [...right].filter((path) => !left.has(path));
  if (lacking.length + extra.length > 0) throw keysDiffer(action, lacking.map(parse), extra.map(parse));
}

function parse(path: string): readonly string[] {
  return JSON.parse(path) as readonly string[]; // made by JSON.stringify from one
}

/** The same tree made of what `fn` gives for every leaf; a leaf for which it gives `undefined` is left out. */
export function mapEntries(
  root: DictNode,
  fn: (key: Key, value: unknown) => unknown,
  show: (value: NodeValue) => unknown,
): DictNode {
  requireFunction("mapEntries", fn);
  const copy = new DictNode(root.batchSize);
  const visit = (node: DictNode, target: DictNode, prefix: readonly string[]): void => {
    for (const [name, value] of node.leaves) {
      const path = [...prefix, name];
      if (isNode(value)) {
        const level = new DictNode(value.batchSize);
        attach(target, name, level);
        visit(value, level, path);
      } else {
        if (isTensorLeaf(value)) live(node, name, value);
        tidy(() => {
          const shown = show(value);
          const made = fn(pathKey(path), shown);
          // What is handed back as it is stays what it is: one value per element does not become one list.
          if (made !== undefined) write(target, name, made === shown ? value : made);
        });
      }
    }
  };
  try {
    visit(root, copy, []);
    return copy;
  } catch (error) {
    freeNode(copy);
    throw error;
  }
}

/** Throws unless what is called for every leaf can be. */
export function requireFunction(action: string, fn: unknown): void {
  if (typeof fn !== "function") throw functionInvalid(action, fn);
}
