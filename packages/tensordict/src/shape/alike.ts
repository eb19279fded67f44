import { isTensor } from "../values/structure.ts";
import { formatSizes } from "../text/keys.ts";
import { keysDiffer } from "../tree/errors.ts";
import { type Difference, nothingToJoin, shapesDiffer } from "./errors.ts";
import { type DictNode, isNode, isTensorLeaf, type NodeValue, sameSizes } from "../tree/node.ts";
import { namesOf } from "../tree/keys.ts";

/** Whether two shapes fit together. */
export type Fits = (first: readonly number[], other: readonly number[]) => boolean;

/**
 * Throws unless all trees have the same keys (in any order) with the same kind of value, dtypes, and shapes that fit.
 *
 * @throws UsageError `NOTHING_TO_JOIN`; KeyError `KEYS_DIFFER`; ShapeError `SHAPES_DIFFER`.
 */
export function requireAlike(
  action: string,
  nodes: readonly DictNode[],
  fits: Fits = sameSizes,
): asserts nodes is readonly [DictNode, ...DictNode[]] {
  const [first, ...others] = nodes;
  if (first === undefined) throw nothingToJoin(action);
  for (const [i, other] of others.entries()) {
    if (!isAlike(first, other, fits)) tellDifference(action, first, other, `number ${i + 2}`, fits);
  }
}

/** Whether two trees fit together, without a list made. */
export function isAlike(first: DictNode, other: DictNode, fits: Fits): boolean {
  if (first.leaves.size !== other.leaves.size || !fits(first.batchSize, other.batchSize)) return false;
  for (const [name, value] of first.leaves) {
    const theirs = other.leaves.get(name);
    if (theirs === undefined) return false;
    if (isTensor(value)) {
      if (!isTensorLeaf(theirs) || value.dtype !== theirs.dtype || !fits(value.shape, theirs.shape))
        return false;
    } else if (isNode(value)) {
      if (!isNode(theirs) || !isAlike(value, theirs, fits)) return false;
    } else if (isNode(theirs) || isTensorLeaf(theirs)) return false;
  }
  return true;
}

function tellDifference(action: string, first: DictNode, other: DictNode, which: string, fits: Fits): never {
  const [ours, theirs] = [keysOf(first), keysOf(other)];
  const lacking = [...ours.keys()].filter((key) => !theirs.has(key));
  const extra = [...theirs.keys()].filter((key) => !ours.has(key));
  const parse = (key: string): readonly string[] => JSON.parse(key) as readonly string[]; // made by keysOf
  if (lacking.length + extra.length > 0) {
    throw keysDiffer(action, lacking.map(parse), extra.map(parse), `N${which.slice(1)}`);
  }
  const differences: Difference[] = [...ours].flatMap(([key, value]) => {
    const theirValue = theirs.get(key) ?? value;
    return valueFits(value, theirValue, fits)
      ? []
      : [{ key: parse(key), first: kindOf(value), other: kindOf(theirValue) }];
  });
  throw shapesDiffer(action, which, differences);
}

/** Every value of a tree with its path, the tree itself first. */
function keysOf(root: DictNode): Map<string, NodeValue> {
  const found = new Map<string, NodeValue>([["[]", root]]);
  for (const path of namesOf(root)) found.set(JSON.stringify(path), valueAt(root, path));
  return found;
}

function valueAt(root: DictNode, path: readonly string[]): NodeValue {
  let value: NodeValue = root;
  for (const name of path) value = (value as DictNode).leaves.get(name) as NodeValue; // namesOf has been there
  return value;
}

function valueFits(first: NodeValue, other: NodeValue, fits: Fits): boolean {
  if (isNode(first)) return isNode(other) && fits(first.batchSize, other.batchSize);
  if (isNode(other)) return false;
  if (!isTensorLeaf(first)) return !isTensorLeaf(other);
  return isTensorLeaf(other) && first.dtype === other.dtype && fits(first.shape, other.shape);
}

function kindOf(value: NodeValue): string {
  if (isNode(value)) return `TensorDict ${formatSizes(value.batchSize)}`;
  return isTensorLeaf(value) ? `${value.dtype} ${formatSizes(value.shape)}` : "no tensor";
}
