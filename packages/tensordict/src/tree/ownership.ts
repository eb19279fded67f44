import { keep, type Tensor } from "@tensorflow/tfjs-core";
import { share } from "../tensors/reference.ts";
import { leafDisposed } from "./errors.ts";
import { DictNode, isNode, isTensorLeaf, type NodeValue, pathOf } from "./node.ts";

/** Set on a tensor while a TensorDict owns it. */
const OWNED = Symbol.for("@hookdict/owned");

interface Owned {
  [OWNED]?: boolean;
}

/** Whether a TensorDict owns the tensor. */
export function isOwned(tensor: Tensor): boolean {
  return (tensor as Owned)[OWNED] === true;
}

/** Makes a tensor a dict's own: no scope frees it. A tensor that a dict owns already is shared instead. */
export function adopt(tensor: Tensor): Tensor {
  const own: Tensor & Owned = isOwned(tensor) ? share(tensor) : tensor;
  own[OWNED] = true;
  return keep(own);
}

/** Gives a tensor up: whoever holds it now owns it. */
export function disown(tensor: Tensor): Tensor {
  (tensor as Owned)[OWNED] = false;
  return tensor;
}

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
