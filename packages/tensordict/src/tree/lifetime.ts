import type { Tensor } from "@tensorflow/tfjs-core";
import { adopt, share } from "../tensors/ownership.ts";
import { dictDisposed, leafDisposed } from "./errors.ts";
import { DictNode, isNode, isTensorLeaf, type NodeValue, pathOf } from "./node.ts";

/** Frees a value that has just left its dict. */
export function freeValue(value: NodeValue): void {
  if (isNode(value)) freeNode(value);
  else if (isTensorLeaf(value) && !value.isDisposed) value.dispose();
}

/** Frees everything in a node and ends it. */
export function freeNode(node: DictNode): void {
  if (node.disposed) return;
  node.disposed = true;
  node.parent = undefined;
  for (const value of node.leaves.values()) freeValue(value);
  node.leaves.clear();
}

/** A reference clone of a tree: the same data under new handles, unlocked. */
export function cloneNode(node: DictNode): DictNode {
  return mapNode(node, (tensor) => adopt(share(tensor)));
}

/** The same tree with every tensor replaced; what was made is freed when `change` throws. */
export function mapNode(node: DictNode, change: (tensor: Tensor) => Tensor): DictNode {
  const copy = new DictNode(node.batchSize);
  try {
    for (const [name, value] of node.leaves) {
      if (isTensorLeaf(value)) copy.leaves.set(name, change(live(node, name, value)));
      else if (isNode(value)) attach(copy, name, mapNode(value, change));
      else copy.leaves.set(name, value);
    }
  } catch (error) {
    freeNode(copy);
    throw error;
  }
  return copy;
}

/** The tensor under a name, unless somebody else disposed it. */
export function live(node: DictNode, name: string, tensor: Tensor): Tensor {
  if (tensor.isDisposed) throw leafDisposed([...pathOf(node), name]);
  return tensor;
}

/** Puts a node without parent under a name. */
export function attach(parent: DictNode, name: string, child: DictNode): void {
  child.parent = parent;
  parent.leaves.set(name, child);
}

/** The node, for an action that a disposed one refuses. @throws LifetimeError `DICT_DISPOSED`. */
export function requireLive(node: DictNode, action: string): DictNode {
  if (node.disposed) throw dictDisposed(action);
  return node;
}
