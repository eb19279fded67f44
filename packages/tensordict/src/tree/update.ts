import { isPlainRecord, isTensor } from "../values/structure.ts";
import { dictDisposed, keyTooDeep } from "./errors.ts";
import { checkValue, type Intake, place, settleIntake, takeValue } from "./intake.ts";
import { MAX_DEPTH } from "./keys.ts";
import {
  DictNode,
  isNode,
  isTensorDict,
  isTensorLeaf,
  type NodeValue,
  isFitting,
  checkShape,
} from "./node.ts";
import { adopt } from "../tensors/ownership.ts";
import { freeValue, live } from "./lifetime.ts";
import { share } from "../tensors/ownership.ts";
import { requireWritable } from "./write.ts";

/** Where updates come from: a record, whose tensors are taken, or a TensorDict, which is borrowed. */
type Source = DictNode | Readonly<Record<string, unknown>>;

/**
 * Merges values into a tree: nested levels are merged, leaves replaced. Everything is checked before anything
 * changes.
 */
export function updateNode(root: DictNode, values: unknown): void {
  requireWritable(root, "update");
  const source = sourceOf(values);
  if (source === undefined || source === root) return;
  const intake: Intake = { node: root, mismatches: [] };
  checkSource(intake, root, root.batchSize, [], source);
  settleIntake(intake);
  merge(root, source);
}

/** A value as a source of entries; `undefined` for a leaf. */
export function sourceOf(value: unknown): Source | undefined {
  if (isTensorDict(value)) return value.dictNode;
  return value instanceof DictNode || isPlainRecord(value) ? value : undefined;
}

function forEntries(source: Source, visit: (name: string, item: unknown) => void): void {
  if (source instanceof DictNode) source.leaves.forEach((item, name) => visit(name, item));
  else for (const [name, item] of Object.entries(source)) visit(name, item);
}

function checkSource(
  intake: Intake,
  node: DictNode | undefined,
  batchSize: readonly number[],
  path: readonly string[],
  source: Source,
): void {
  if (path.length >= MAX_DEPTH) throw keyTooDeep(path.length + 1, MAX_DEPTH);
  if (source instanceof DictNode && source.disposed) throw dictDisposed("update");
  if (node !== undefined) requireWritable(node, "update");
  forEntries(source, (name, item) => {
    if (isFitting(item, batchSize)) return;
    const inner = sourceOf(item);
    const at = [...path, name];
    if (inner === undefined) checkValue(intake, at, item, batchSize);
    else {
      const old = nodeAt(node, name);
      if (old === undefined && inner instanceof DictNode)
        checkShape(at, inner.batchSize, batchSize, intake.mismatches);
      checkSource(intake, old, old?.batchSize ?? sizeOf(inner, batchSize), at, inner);
    }
  });
}

function merge(node: DictNode, source: Source): void {
  forEntries(source, (name, item) => {
    const inner = isTensor(item) ? undefined : sourceOf(item);
    if (inner === undefined) replace(node, name, takeLeaf(source, name, item, node.batchSize));
    else if (inner !== node) {
      const old = nodeAt(node, name);
      const child = old ?? new DictNode(sizeOf(inner, node.batchSize));
      merge(child, inner);
      if (old === undefined) replace(node, name, child);
    }
  });
}

function takeLeaf(source: Source, name: string, item: unknown, batchSize: readonly number[]): NodeValue {
  if (!isTensor(item)) return takeValue(item, batchSize);
  return adopt(source instanceof DictNode ? share(live(source, name, item)) : item);
}

function replace(node: DictNode, name: string, value: NodeValue): void {
  const old = node.leaves.get(name);
  if (old === value) return;
  if (isTensor(value)) node.leaves.set(name, value);
  else place(node, name, value);
  if (old !== undefined) freeValue(old);
}

function nodeAt(node: DictNode | undefined, name: string): DictNode | undefined {
  const value = node?.leaves.get(name);
  return value !== undefined && !isTensorLeaf(value) && isNode(value) ? value : undefined;
}

function sizeOf(source: Source, batchSize: readonly number[]): readonly number[] {
  return source instanceof DictNode ? source.batchSize : batchSize;
}
