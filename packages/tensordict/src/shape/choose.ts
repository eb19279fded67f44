import { cast, complex, reshape, scalar, type Tensor, where } from "@tensorflow/tfjs-core";
import { maskShape } from "./errors.ts";
import { find } from "../tree/lookup.ts";
import type { DictNode } from "../tree/node.ts";
import type { NonTensor } from "../values/non-tensor.ts";
import { sameSizes } from "../tree/fits.ts";
import { mapLeaves } from "../tree/map.ts";
import { requireAlike } from "./alike.ts";
import { partsOf, stringsOf, stringTensor } from "./change.ts";
import { joinValues } from "./join.ts";
import { elementCount, positionOf } from "./sizes.ts";

/**
 * The elements of one tree where the condition is true, those of another (or one number) where it is false.
 *
 * **Ownership:** borrows all; returns owned.
 */
export function chooseNode(root: DictNode, condition: Tensor, other: DictNode | number): DictNode {
  const { batchSize } = root;
  if (condition.dtype !== "bool" || !sameSizes(condition.shape, batchSize)) {
    throw maskShape("where", condition.shape, condition.dtype, batchSize);
  }
  if (typeof other !== "number") requireAlike("where", [root, other]);
  // What is no number is chosen element by element, so only then the condition is read.
  let read: ArrayLike<number> | undefined;
  const isTrue = (position: number): boolean => (read ??= condition.dataSync())[position] === 1;
  return mapLeaves(
    root,
    Object.freeze([...batchSize]),
    (tensor, path) => chooseTensor(tensor, condition, theirs<Tensor>(other, path), isTrue),
    (leaf, path, node) => chooseValue(leaf, node, theirs<NonTensor>(other, path), batchSize, isTrue),
  );
}

/** The leaf at the same key of the other tree, of the same kind; or the number. */
function theirs<T>(other: DictNode | number, path: readonly string[]): T | number {
  return typeof other === "number" ? other : (find(other, path)?.value as T); // requireAlike has compared the kinds
}

function chooseTensor(
  tensor: Tensor,
  condition: Tensor,
  other: Tensor | number,
  isTrue: (position: number) => boolean,
): Tensor {
  if (tensor.dtype === "string") return chooseStrings(tensor, condition, other, isTrue);
  const aligned = reshape(condition, [
    ...condition.shape,
    ...tensor.shape.slice(condition.rank).map(() => 1),
  ]);
  const choose = (ours: Tensor, others: Tensor): Tensor => where(aligned, ours, others);
  if (tensor.dtype !== "complex64") {
    return choose(tensor, typeof other === "number" ? cast(scalar(other), tensor.dtype) : other);
  }
  const [re, im] = typeof other === "number" ? [scalar(other), scalar(0)] : partsOf(other);
  const ours = partsOf(tensor);
  return complex(choose(ours[0], re), choose(ours[1], im));
}

function chooseStrings(
  tensor: Tensor,
  condition: Tensor,
  other: Tensor | number,
  isTrue: (position: number) => boolean,
): Tensor {
  if (typeof other === "number") return tensor;
  const [ours, others] = [stringsOf(tensor), stringsOf(other)];
  const block = elementCount(tensor.shape.slice(condition.rank));
  const chosen = ours.map((item, i) => (isTrue(Math.floor(i / block)) ? item : (others[i] ?? item)));
  return stringTensor(chosen, tensor.shape);
}

function chooseValue(
  leaf: NonTensor,
  node: DictNode,
  other: NonTensor | number,
  batchSize: readonly number[],
  isTrue: (position: number) => boolean,
): NonTensor {
  if (typeof other === "number" || leaf === other) return leaf;
  const isSame = leaf.shape === null && other.shape === null && Object.is(leaf.items[0], other.items[0]);
  if (isSame) return leaf;
  return joinValues([leaf, other], [node, node], node.batchSize, (index) => [
    isTrue(positionOf(batchSize, index)) ? 0 : 1,
    index,
  ]);
}
