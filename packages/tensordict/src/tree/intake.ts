import {
  batchMismatch,
  dictCycle,
  dictDisposed,
  keyTooDeep,
  type Mismatch,
  tensorDisposed,
  valueHoldsTensor,
  valueInvalid,
} from "./errors.ts";
import { isPlainRecord, isTensor } from "../values/structure.ts";
import { MAX_DEPTH } from "./keys.ts";
import { adopt } from "../tensors/ownership.ts";
import { attach, cloneNode } from "./lifetime.ts";
import {
  type AnyTensorDict,
  DictNode,
  heightOf,
  isNode,
  isTensorDict,
  type NodeValue,
  checkShape,
  isFitting,
} from "./node.ts";
import { isNonTensor, nonTensor } from "../values/non-tensor.ts";

/** Values come in two steps, so that a write happens whole or not at all: {@link checkValue}, then {@link takeValue}. */
export interface Intake {
  /** The dict that the value goes into. */
  readonly node: DictNode;
  /** All that does not fit the batch size, reported together. */
  readonly mismatches: Mismatch[];
}

function isDict(value: unknown): value is AnyTensorDict | DictNode {
  return isTensorDict(value) || value instanceof DictNode;
}

function nodeOf(dict: AnyTensorDict | DictNode): DictNode {
  return dict instanceof DictNode ? dict : dict.dictNode;
}

/** Checks a value and everything in it against the batch size, without changing anything. */
export function checkValue(
  intake: Intake,
  path: readonly string[],
  value: unknown,
  batchSize: readonly number[],
): void {
  if (isTensor(value)) {
    if (value.isDisposed) throw tensorDisposed(path);
    checkShape(path, value.shape, batchSize, intake.mismatches);
  } else if (isDict(value)) checkDict(intake, path, nodeOf(value), batchSize);
  else if (isNonTensor(value)) {
    for (const item of value.items) checkPlain(path, item);
    if (value.shape !== null) checkShape(path, value.shape, batchSize, intake.mismatches);
  } else if (isPlainRecord(value)) {
    if (path.length >= MAX_DEPTH) throw keyTooDeep(path.length + 1, MAX_DEPTH);
    for (const [name, item] of Object.entries(value)) {
      if (!isFitting(item, batchSize)) checkValue(intake, [...path, name], item, batchSize);
    }
  } else checkPlain(path, value);
}

function checkDict(
  intake: Intake,
  path: readonly string[],
  child: DictNode,
  batchSize: readonly number[],
): void {
  if (child.disposed) throw dictDisposed("set");
  checkShape(path, child.batchSize, batchSize, intake.mismatches);
  for (let at: DictNode | undefined = intake.node; at !== undefined; at = at.parent) {
    if (at === child) throw dictCycle(path);
  }
  const depth = path.length + heightOf(child);
  if (depth > MAX_DEPTH) throw keyTooDeep(depth, MAX_DEPTH);
}

/** Tensors hidden in lists would have no owner. */
function checkPlain(path: readonly string[], value: unknown, depth = 0): void {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") {
    throw valueInvalid(path, value);
  }
  if (typeof value !== "object" || value === null) return;
  if (isTensor(value) || isTensorDict(value)) throw valueHoldsTensor(path);
  if (Array.isArray(value) || isPlainRecord(value)) {
    if (depth > MAX_DEPTH) throw keyTooDeep(depth, MAX_DEPTH);
    for (const item of Object.values(value)) if (typeof item === "object") checkPlain(path, item, depth + 1);
  }
}

/** Ends the first step. */
export function settleIntake({ mismatches }: Intake): void {
  if (mismatches.length > 0) throw batchMismatch(mismatches);
}

/**
 * Takes a checked value into a dict's possession. A tensor or dict that another dict owns is shared: this one gets a
 * reference clone.
 */
export function takeValue(value: unknown, batchSize: readonly number[]): NodeValue {
  if (isTensor(value)) return adopt(value);
  if (isDict(value)) {
    const node = nodeOf(value);
    return node.parent === undefined ? node : cloneNode(node);
  }
  if (isNonTensor(value)) return value;
  return isPlainRecord(value) ? takeRecord(value, batchSize) : nonTensor(value);
}

/** A new node with a checked record's content. */
export function takeRecord(
  record: Readonly<Record<string, unknown>>,
  batchSize: readonly number[],
): DictNode {
  const node = new DictNode(batchSize);
  for (const [name, value] of Object.entries(record)) {
    if (isTensor(value)) node.leaves.set(name, adopt(value));
    else place(node, name, takeValue(value, batchSize));
  }
  return node;
}

/** Stores a value that the dict owns already. */
export function place(node: DictNode, name: string, value: NodeValue): void {
  if (isNode(value)) attach(node, name, value);
  else node.leaves.set(name, value);
}
