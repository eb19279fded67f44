import { complex, concat, fill, gather, reshape, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { keysDiffer } from "../tree/errors.ts";
import { freeNode, freeValue } from "../tree/lifetime.ts";
import { find } from "../tree/keys.ts";
import { mapLeaves } from "../tree/map.ts";
import { type DictNode, isNode, isTensorLeaf, walkLeaves, sameSizes } from "../tree/node.ts";
import { requireWritable } from "../tree/write.ts";
import { isNonTensor, type NonTensor } from "../values/non-tensor.ts";
import { changeBatch, partsOf, stringsOf, stringTensor, valuesLeaf } from "./change.ts";
import { isTensor } from "../values/structure.ts";
import { shapesDiffer, writeShape } from "./errors.ts";
import { joinValues } from "./join.ts";
import { expanded } from "./rearrange.ts";
import { type IndexPart, takeParts } from "./select.ts";
import { broadcastSizes, elementCount, indexAt, mapIndices, positionOf } from "./sizes.ts";

/**
 * Writes values to an index of the batch: each leaf is replaced by one that has the values there. Happens whole or not
 * at all; where an element is named twice, the last value counts.
 *
 * **Ownership:** borrows the values.
 */
export function assignNode(root: DictNode, parts: readonly IndexPart[], values: DictNode | number): void {
  requireWritable(root, "setAt");
  const { batchSize } = root;
  const change = takeParts(batchSize, parts);
  const positions = mapIndices(change.batchSize, (index) => positionOf(batchSize, change.from(index)));
  const source = typeof values === "number" ? values : fitted(root, values, change.batchSize);
  const writing = { batchSize, positions, sourceSize: change.batchSize };
  try {
    const made = mapLeaves(
      root,
      batchSize,
      (tensor, path) => writeTensor(tensor, path, source, writing),
      (leaf, path) => writeValues(leaf, path, source, writing),
    );
    moveLeaves(root, made);
  } finally {
    if (typeof source !== "number" && source !== values) freeNode(source);
  }
}

interface Writing {
  readonly batchSize: readonly number[];
  /** Where in the batch each element of the source goes. */
  readonly positions: readonly number[];
  readonly sourceSize: readonly number[];
}

/** The values with the batch size of the index. */
function fitted(root: DictNode, values: DictNode, wanted: readonly number[]): DictNode {
  const paths = (node: DictNode): string[] => [...walkLeaves(node)].map(([path]) => JSON.stringify(path));
  const [ours, theirs] = [paths(root), paths(values)];
  const parse = (path: string): readonly string[] => JSON.parse(path) as readonly string[]; // made the line above
  const lacking = ours.filter((path) => !theirs.includes(path));
  const extra = theirs.filter((path) => !ours.includes(path));
  if (lacking.length + extra.length > 0) throw keysDiffer("setAt", lacking.map(parse), extra.map(parse));
  if (sameSizes(values.batchSize, wanted)) return values;
  const wide = broadcastSizes(values.batchSize, wanted);
  if (wide === undefined || !sameSizes(wide, wanted)) throw writeShape(values.batchSize, wanted);
  return changeBatch(values, expanded(values.batchSize, wanted));
}

function writeTensor(
  tensor: Tensor,
  path: readonly string[],
  source: DictNode | number,
  { batchSize, positions, sourceSize }: Writing,
): Tensor {
  const rest = tensor.shape.slice(batchSize.length);
  const [total, block] = [elementCount(batchSize), elementCount(rest)];
  const other = typeof source === "number" ? source : find(source, path)?.value;
  if (typeof other === "number" && tensor.dtype === "string") return tensor;
  if (typeof other !== "number") requireLike(tensor, other, path, [...sourceSize, ...rest]);
  const order = Array.from({ length: total }, (_, i) => i);
  for (const [i, position] of positions.entries())
    order[position] = total + (typeof other === "number" ? 0 : i);
  if (tensor.dtype === "string") {
    const items = [...stringsOf(tensor), ...stringsOf(other as Tensor)]; // compared above
    return stringTensor(
      order.flatMap((at) => items.slice(at * block, (at + 1) * block)),
      tensor.shape,
    );
  }
  const mix = (whole: Tensor, added: Tensor): Tensor =>
    reshape(
      gather(concat([reshape(whole, [total, block]), reshape(added, [-1, block])]), tensor1d(order, "int32")),
      tensor.shape,
    );
  const added = typeof other === "number" ? numberRow(tensor, other, block, path) : (other as Tensor); // as above
  if (block === 0 || total === 0) return tensor;
  if (tensor.dtype !== "complex64") return mix(tensor, added);
  const [a, b] = [partsOf(tensor), partsOf(added)];
  return complex(mix(a[0], b[0]), mix(a[1], b[1]));
}

/** A number of a leaf's dtype, once per element of a row. */
function numberRow(tensor: Tensor, value: number, block: number, path: readonly string[]): Tensor {
  const { dtype } = tensor;
  const isHeld =
    dtype === "int32" ? value === (value | 0) : dtype === "bool" ? value === 0 || value === 1 : true;
  if (!isHeld) {
    throw shapesDiffer("setAt", "the value", [{ key: path, first: dtype, other: `the number ${value}` }]);
  }
  const row = fill([1, block], value, dtype === "complex64" ? "float32" : (dtype as "float32"));
  return dtype === "complex64" ? complex(row, fill([1, block], 0)) : row;
}

function requireLike(
  tensor: Tensor,
  other: unknown,
  path: readonly string[],
  shape: readonly number[],
): void {
  const isLike = isTensor(other) && other.dtype === tensor.dtype && sameSizes(other.shape, shape);
  if (isLike) return;
  const told = isTensor(other) ? `${other.dtype} [${other.shape.join(", ")}]` : "no tensor";
  throw shapesDiffer("setAt", "the value", [
    { key: path, first: `${tensor.dtype} [${shape.join(", ")}]`, other: told },
  ]);
}

function writeValues(
  leaf: NonTensor,
  path: readonly string[],
  source: DictNode | number,
  { batchSize, positions, sourceSize }: Writing,
): NonTensor {
  if (typeof source === "number") return leaf;
  const place = find(source, path);
  const other = place?.value;
  if (place === undefined || other === undefined || isNode(other) || !isNonTensor(other)) {
    throw shapesDiffer("setAt", "the value", [{ key: path, first: "no tensor", other: "a tensor" }]);
  }
  const isSame = leaf.shape === null && other.shape === null && Object.is(leaf.items[0], other.items[0]);
  if (isSame) return leaf;
  const at = new Map(positions.map((position, i) => [position, i]));
  const [whole, part] = [{ batchSize }, { batchSize: sourceSize }] as unknown as DictNode[]; // joinValues reads no more
  const joined = joinValues([leaf, other], [whole as DictNode, part as DictNode], batchSize, (index) => {
    const i = at.get(positionOf(batchSize, index));
    return i === undefined ? [0, index] : [1, indexAt(sourceSize, i)];
  });
  return valuesLeaf(joined.shape ?? [], joined.items);
}

/** Puts the leaves of one tree where those of another, which has the same keys, were; the other node ends. */
function moveLeaves(root: DictNode, made: DictNode): void {
  for (const [name, value] of made.leaves) {
    const old = root.leaves.get(name);
    if (isNode(value))
      moveLeaves(old as DictNode, value); // the keys are the same
    else {
      root.leaves.set(name, value);
      if (old !== undefined && isTensorLeaf(old)) freeValue(old);
    }
  }
  made.leaves.clear();
  made.disposed = true;
}
