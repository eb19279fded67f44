import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import { conditionInvalid, maskShape } from "./errors.ts";
import { find } from "../tree/keys.ts";
import { type DictNode, sameSizes } from "../tree/node.ts";
import type { NonTensor } from "../values/non-tensor.ts";
import { mapLeaves } from "../tree/map.ts";
import { isTensor } from "../values/structure.ts";
import { requireAlike } from "./alike.ts";
import { stringsOf, stringTensor } from "./change.ts";
import { joinValues } from "./join.ts";
import { elementCount, positionOf } from "./sizes.ts";

/** `where` for tensors of numbers of any dtypes. */
export type Choose = (condition: Tensor, first: Tensor, second: Tensor | number) => Tensor;

/**
 * The elements of one tree where the condition is true, those of another (or one number) where it is false.
 *
 * **Ownership:** borrows all; returns owned.
 */
export function chooseNode(
  root: DictNode,
  condition: Tensor,
  other: DictNode | number,
  choose: Choose,
): DictNode {
  const { batchSize } = root;
  if (!isTensor(condition) || condition.isDisposed) throw conditionInvalid(condition);
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
    (tensor, path) => chooseTensor(tensor, condition, theirs<Tensor>(other, path), isTrue, choose),
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
  choose: Choose,
): Tensor {
  if (tensor.dtype === "string") return chooseStrings(tensor, condition, other, isTrue);
  const aligned = reshape(condition, [
    ...condition.shape,
    ...tensor.shape.slice(condition.rank).map(() => 1),
  ]);
  return choose(aligned, tensor, other);
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
