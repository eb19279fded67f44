import { splitSizes } from "./errors.ts";
import type { DictNode } from "../tree/node.ts";
import { freeNode } from "../tree/lifetime.ts";
import { changeBatch } from "./change.ts";
import { type IndexPart, takeParts } from "./select.ts";
import { checkDim, checkSizes } from "./sizes.ts";

/** Parts along a batch dim: of one size (the last may be smaller), or of listed sizes. */
export function splitNode(root: DictNode, parts: number | readonly number[], dim: number): DictNode[] {
  const at = checkDim("split", dim, root.batchSize.length);
  const size = root.batchSize[at] ?? 0;
  const sizes = typeof parts === "number" ? evenSizes(size, parts) : checkSizes("split", parts);
  const isValid = sizes.every((part) => part >= 0);
  if (!isValid || sizes.reduce((sum, part) => sum + part, 0) !== size) throw splitSizes(size, parts);
  let start = 0;
  return takeEach(
    root,
    at,
    sizes.map((part) => ({ start, end: (start += part) })),
  );
}

/** At most `count` parts of equal size along a batch dim; the last may be smaller. */
export function chunkNode(root: DictNode, count: number, dim: number): DictNode[] {
  const at = checkDim("chunk", dim, root.batchSize.length);
  const size = root.batchSize[at] ?? 0;
  if (!Number.isInteger(count) || count < 1) throw splitSizes(size, count);
  return splitNode(root, Math.max(1, Math.ceil(size / count)), at);
}

/** One dict per index of a batch dim, without that dim. */
export function unbindNode(root: DictNode, dim: number): DictNode[] {
  const at = checkDim("unbind", dim, root.batchSize.length);
  return takeEach(
    root,
    at,
    Array.from({ length: root.batchSize[at] ?? 0 }, (_, i) => i),
  );
}

function evenSizes(size: number, part: number): number[] {
  if (!Number.isInteger(part) || part < 1) throw splitSizes(size, part);
  return Array.from({ length: Math.max(1, Math.ceil(size / part)) }, (_, i) =>
    Math.min(part, size - i * part),
  );
}

function takeEach(root: DictNode, dim: number, parts: readonly IndexPart[]): DictNode[] {
  const before = root.batchSize.slice(0, dim).map(() => ({}));
  const made: DictNode[] = [];
  try {
    for (const part of parts) made.push(changeBatch(root, takeParts(root.batchSize, [...before, part])));
    return made;
  } catch (error) {
    for (const node of made) freeNode(node);
    throw error;
  }
}
