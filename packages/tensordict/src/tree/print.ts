import { util, type Tensor } from "@tensorflow/tfjs-core";
import { formatBytes, LINES } from "../text/format.ts";
import { type DictNode, isNode, isTensorLeaf, type NodeValue, walkLeaves } from "./node.ts";
import { isPlainRecord } from "../values/structure.ts";
import type { NonTensor } from "../values/non-tensor.ts";

/** Characters of a name or value that are shown. */
const LONGEST = 60;

/** Bytes of the distinct tensor data below a node; text counts as nothing. */
export function bytesOf(node: DictNode): number {
  const seen = new Set<unknown>();
  let bytes = 0;
  for (const [, leaf] of walkLeaves(node)) {
    if (!isTensorLeaf(leaf) || leaf.isDisposed || seen.has(leaf.dataId)) continue;
    seen.add(leaf.dataId);
    bytes += tensorBytes(leaf);
  }
  return bytes;
}

function tensorBytes(tensor: Tensor): number {
  return tensor.dtype === "string" ? 0 : tensor.size * util.bytesPerElement(tensor.dtype);
}

/** A tree of at most one screen: keys, dtypes, shapes, bytes. */
export function formatNode(node: DictNode): string {
  if (node.disposed) return "TensorDict (disposed)";
  const counts = countLeaves(node);
  const notes = [
    `${counts.tensors} tensor${counts.tensors === 1 ? "" : "s"}`,
    ...(counts.values === 0 ? [] : [`${counts.values} value${counts.values === 1 ? "" : "s"}`]),
    formatBytes(bytesOf(node)),
    ...(node.locked ? ["locked"] : []),
  ];
  return [`TensorDict ${sizes(node.batchSize)}  ${notes.join(", ")}`, ...rows(node, "", LINES - 1)].join(
    "\n",
  );
}

function countLeaves(node: DictNode): { tensors: number; values: number } {
  const counts = { tensors: 0, values: 0 };
  for (const [, leaf] of walkLeaves(node)) counts[isTensorLeaf(leaf) ? "tensors" : "values"]++;
  return counts;
}

/** The lines of one level and those below it, no more than `budget`. */
function rows(node: DictNode, indent: string, budget: number): string[] {
  const entries = [...node.leaves];
  const isCut = entries.length > budget;
  const shown = isCut ? entries.slice(0, Math.max(0, budget - 1)) : entries;
  const width = Math.max(0, ...shown.map(([name]) => label(name).length));
  let spare = budget - shown.length - (isCut ? 1 : 0);
  let nested = shown.filter(([, value]) => isNode(value)).length;
  const lines: string[] = [];
  for (const [i, [name, value]] of shown.entries()) {
    const isLast = !isCut && i === shown.length - 1;
    lines.push(`${indent}${isLast ? "└─" : "├─"} ${label(name).padEnd(width)}  ${describe(value)}`);
    if (!isNode(value)) continue;
    const below = rows(value, `${indent}${isLast ? "   " : "│  "}`, Math.floor(spare / nested--));
    spare -= below.length;
    lines.push(...below);
  }
  if (isCut && budget > 0) lines.push(`${indent}└─ … ${entries.length - shown.length} more`);
  return lines;
}

function describe(value: NodeValue): string {
  if (isNode(value)) {
    const { size } = value.leaves;
    return `TensorDict ${sizes(value.batchSize)}  ${size} key${size === 1 ? "" : "s"}`;
  }
  if (!isTensorLeaf(value)) return describeValue(value);
  return value.isDisposed
    ? `${value.dtype} ${sizes(value.shape)}  disposed by somebody else`
    : `${value.dtype} ${sizes(value.shape)}  ${formatBytes(tensorBytes(value))}`;
}

function describeValue({ shape, value }: NonTensor): string {
  const text = cut(preview(value));
  return shape === null ? text : `${sizes(shape)} of ${text}`;
}

function preview(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  try {
    return JSON.stringify(plain(value)) ?? String(value);
  } catch {
    return String(value); // circular, inside an object of a class
  }
}

/** A name as it is, or quoted where its characters would disturb the tree. */
function label(name: string): string {
  const isPlain = /^[\x21-\x7e\u00a1-\uffff]+$/.test(name);
  return cut(isPlain ? name : JSON.stringify(name));
}

function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  const half = Math.floor((LONGEST - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

function sizes(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** Shapes, dtypes and plain values as JSON can hold them; `await td.data()` gives the numbers. */
export function nodeToJson(node: DictNode): Record<string, unknown> {
  return {
    batchSize: node.batchSize,
    // `fromEntries` makes properties of all names alike, `__proto__` too.
    entries: Object.fromEntries([...node.leaves].map(([name, value]) => [name, valueToJson(value)])),
  };
}

function valueToJson(value: NodeValue): unknown {
  if (isNode(value)) return nodeToJson(value);
  return isTensorLeaf(value) ? { dtype: value.dtype, shape: value.shape } : { value: plain(value.value) };
}

/** A value as `JSON.stringify` can take it: bigints as text, which it refuses. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return value.map(plain);
  if (!isPlainRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
