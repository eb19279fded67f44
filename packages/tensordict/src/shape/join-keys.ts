import { complex, concat, stack, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { adopt, disown } from "../tensors/ownership.ts";
import { listExpected } from "../tree/argument-errors.ts";
import { dictLocked, keyCollision } from "../tree/errors.ts";
import { find, type Key, keyPath, refuseLeafOnPath, require } from "../tree/keys.ts";
import { freeNode } from "../tree/lifetime.ts";
import { type DictNode, isNode, isTensorLeaf, sameSizes } from "../tree/node.ts";
import { pickNode } from "../tree/pick.ts";
import { check, remove, requireWritable, write } from "../tree/write.ts";
import { partsOf } from "./change.ts";
import { joinLeaf, nothingToJoin, shapesDiffer } from "./errors.ts";
import { checkDim } from "./sizes.ts";

type Action = "stackTensors" | "catTensors";

/**
 * Puts the tensors under some keys, joined, under one; the keys themselves go. Happens whole or not at all.
 *
 * @param dim A dim of the tensors, batch dims included.
 */
export function joinKeys(
  action: Action,
  root: DictNode,
  keys: readonly Key[],
  outKey: Key,
  dim: number = root.batchSize.length,
): void {
  requireWritable(root, action);
  const tensors = leavesOf(action, root, keys);
  const out = keyPath(outKey);
  const isFree = keys.some((key) => keyPath(key).join("\u0000") === out.join("\u0000"));
  if (!isFree && find(root, out) !== undefined) throw keyCollision(out, action);
  refuseLeafOnPath(root, out);
  const isStack = action === "stackTensors";
  const [first] = tensors;
  const at = checkDim(action, dim, isStack ? first.rank + 1 : first.rank);
  requireFit(action, keys, tensors, isStack ? undefined : at);
  const joined: { leaf?: Tensor } = {};
  tidy(() => {
    joined.leaf = adopt(joinParts(tensors, (parts) => (isStack ? stack(parts, at) : concat(parts, at))));
  });
  try {
    check(root, out, joined.leaf);
  } catch (error) {
    joined.leaf?.dispose();
    throw error;
  }
  for (const key of keys) remove(root, key, action);
  write(root, out, disown(joined.leaf as Tensor)); // made above; `write` takes what nobody owns
}

function leavesOf(action: Action, root: DictNode, keys: unknown): readonly [Tensor, ...Tensor[]] {
  if (!Array.isArray(keys)) throw listExpected(action, "keys", keys);
  const leaves = (keys as readonly Key[]).map((key) => {
    const { value, node } = require(root, key);
    if (isNode(value) || !isTensorLeaf(value)) throw joinLeaf(action, keyPath(key));
    if (node.locked) throw dictLocked(action);
    return value;
  });
  const [first, ...others] = leaves;
  if (first === undefined) throw nothingToJoin(action);
  return [first, ...others];
}

/** Throws unless dtypes and shapes are equal, but for one dim. */
function requireFit(
  action: Action,
  keys: readonly Key[],
  [first, ...others]: readonly [Tensor, ...Tensor[]],
  free: number | undefined,
): void {
  const tell = ({ dtype, shape }: Tensor): string => `${dtype} [${shape.join(", ")}]`;
  for (const [i, other] of others.entries()) {
    const shape = other.shape.map((size, dim) => (dim === free ? (first.shape[dim] ?? 0) : size));
    if (other.dtype === first.dtype && sameSizes(shape, first.shape)) continue;
    const key = keyPath(keys[i + 1] ?? "");
    throw shapesDiffer(action, "the list", [{ key, first: tell(first), other: tell(other) }]);
  }
}

function joinParts(tensors: readonly Tensor[], join: (parts: Tensor[]) => Tensor): Tensor {
  if (tensors[0]?.dtype !== "complex64") return join([...tensors]);
  const pairs = tensors.map(partsOf);
  return complex(join(pairs.map(([re]) => re)), join(pairs.map(([, im]) => im)));
}

/** One tree per list of keys, and one with the rest; tensors are shared. */
export function splitKeys(root: DictNode, lists: readonly (readonly Key[])[]): DictNode[] {
  const made: DictNode[] = [];
  try {
    for (const keys of lists) {
      if (!Array.isArray(keys)) throw listExpected("splitKeys", "keys", keys);
      made.push(pickNode(root, keys, true, {}));
    }
    made.push(pickNode(root, lists.flat(), false, {}));
    return made;
  } catch (error) {
    for (const node of made) freeNode(node);
    throw error;
  }
}
