import { batchSizeChange, type Mismatch } from "../tree/errors.ts";
import { type DictNode, isNode, pathOf, startsWith } from "../tree/node.ts";
import { dimRange } from "./errors.ts";
import { checkBatchSize } from "../tree/start.ts";
import { requireWritable } from "../tree/write.ts";

/** Changes the batch size; a nested TensorDict with fewer batch dims gets the new one. */
export function setBatchSize(node: DictNode, wanted: readonly number[]): void {
  requireWritable(node, "batchSize");
  const batchSize = checkBatchSize(wanted);
  const mismatches: Mismatch[] = [];
  const parent = node.parent?.batchSize ?? [];
  if (!startsWith(batchSize, parent))
    mismatches.push({ key: pathOf(node), expected: parent, got: batchSize });
  else checkTree(node, batchSize, [], mismatches);
  if (mismatches.length > 0) throw batchSizeChange(batchSize, mismatches);
  assign(node, batchSize);
}

function checkTree(
  node: DictNode,
  batchSize: readonly number[],
  path: readonly string[],
  mismatches: Mismatch[],
): void {
  for (const [name, value] of node.leaves) {
    const at = [...path, name];
    if (isNode(value)) {
      const got = value.batchSize;
      const isLonger = got.length >= batchSize.length;
      if (isLonger && !startsWith(got, batchSize)) mismatches.push({ key: at, expected: batchSize, got });
      else if (!isLonger) checkTree(value, batchSize, at, mismatches);
    } else if (value.shape !== null && !startsWith(value.shape, batchSize)) {
      mismatches.push({ key: at, expected: batchSize, got: value.shape });
    }
  }
}

function assign(node: DictNode, batchSize: readonly number[]): void {
  node.batchSize = batchSize;
  for (const value of node.leaves.values()) {
    if (isNode(value) && value.batchSize.length < batchSize.length) assign(value, batchSize);
  }
}

/** Makes the batch size of a node, and of each below it, all the leading dims that its leaves share. */
export function autoBatchSize(node: DictNode, mostDims: number): void {
  requireWritable(node, "autoBatchSize");
  if (
    typeof mostDims !== "number" ||
    !(mostDims >= 0) ||
    (mostDims !== Infinity && !Number.isInteger(mostDims))
  ) {
    throw dimRange("autoBatchSize", mostDims, Infinity);
  }
  const parent = node.parent?.batchSize ?? [];
  assignCommon(node, Math.max(mostDims, parent.length));
  nest(node, parent);
}

function assignCommon(node: DictNode, mostDims: number): readonly number[] | undefined {
  let common: readonly number[] | undefined;
  for (const value of node.leaves.values()) {
    const shape = isNode(value) ? assignCommon(value, mostDims) : value.shape;
    if (shape !== undefined && shape !== null)
      common = common === undefined ? shape : sharedStart(common, shape);
  }
  if (common === undefined) return undefined; // no tensor says anything about this level
  node.batchSize = Object.freeze(common.slice(0, mostDims));
  return node.batchSize;
}

/** A level of which no tensor says anything begins with what is around it. */
function nest(node: DictNode, around: readonly number[]): void {
  if (!startsWith(node.batchSize, around)) node.batchSize = around;
  for (const value of node.leaves.values()) if (isNode(value)) nest(value, node.batchSize);
}

function sharedStart(a: readonly number[], b: readonly number[]): readonly number[] {
  const differs = a.findIndex((size, i) => size !== b[i]);
  return differs < 0 ? a : a.slice(0, differs);
}
