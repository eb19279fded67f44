import type { Tensor } from "@tensorflow/tfjs-core";
import type { NonTensor } from "../values/non-tensor.ts";
import { isTensor } from "../values/structure.ts";
import type { Mismatch } from "./errors.ts";

/** Brand by which a TensorDict is recognised; on the prototype. */
export const TENSOR_DICT: symbol = Symbol.for("@hookdict/tensordict");

/** Any TensorDict, whatever its schema. */
export interface AnyTensorDict {
  /** @internal */
  readonly dictNode: DictNode;
}

/** What lies under one name. */
export type NodeValue = Tensor | NonTensor | DictNode;

/**
 * The content of one TensorDict or of one level in it. The functions of this folder work on nodes; the class
 * `TensorDict` is what users hold, one per node, made when asked for.
 */
export class DictNode {
  readonly kind = "dict";
  readonly leaves: Map<string, NodeValue> = new Map();
  batchSize: readonly number[];
  /** The dict that this one lies in. */
  parent: DictNode | undefined = undefined;
  locked = false;
  disposed = false;
  /** The user's view of this node, once there is one. */
  facade: AnyTensorDict | undefined = undefined;

  constructor(batchSize: readonly number[]) {
    this.batchSize = batchSize;
  }
}

/** Whether `value` is a TensorDict, also of another copy of the package. */
export function isTensorDict(value: unknown): value is AnyTensorDict {
  return typeof value === "object" && value !== null && TENSOR_DICT in value;
}

export function isNode(value: NodeValue): value is DictNode {
  return (value as Partial<DictNode>).kind === "dict"; // neither tensors nor non-tensors have a kind
}

export function isTensorLeaf(value: NodeValue): value is Tensor {
  return "dataId" in value;
}

/** Every leaf below a node with its path, in order of insertion; nested dicts are entered, not visited. */
export function* walkLeaves(
  node: DictNode,
  prefix: readonly string[] = [],
): Generator<readonly [readonly string[], Tensor | NonTensor]> {
  for (const [name, value] of node.leaves) {
    const path = [...prefix, name];
    if (isNode(value)) yield* walkLeaves(value, path);
    else yield [path, value];
  }
}

/** Levels of nesting below a node: 0 when it has no nested dict. */
export function heightOf(node: DictNode): number {
  let height = 0;
  for (const value of node.leaves.values()) if (isNode(value)) height = Math.max(height, 1 + heightOf(value));
  return height;
}

/** The names that lead from the outermost dict to this one. */
export function pathOf(node: DictNode): readonly string[] {
  const { parent } = node;
  if (parent === undefined) return [];
  for (const [name, value] of parent.leaves) if (value === node) return [...pathOf(parent), name];
  return [];
}

/** Whether a shape begins with the batch size. */
export function startsWith(shape: readonly number[], batchSize: readonly number[]): boolean {
  if (shape.length < batchSize.length) return false;
  for (let i = 0; i < batchSize.length; i++) if (shape[i] !== batchSize[i]) return false;
  return true;
}

/** Notes a shape that does not begin with the batch size. */
export function checkShape(
  path: readonly string[],
  shape: readonly number[],
  batchSize: readonly number[],
  mismatches: Mismatch[],
): void {
  if (!startsWith(shape, batchSize)) mismatches.push({ key: path, expected: batchSize, got: shape });
}

/** Whether two shapes are the same. */
export function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && startsWith(a, b);
}

/** Whether a value is a tensor that may be stored: what most are, told without a path made. */
export function isFitting(value: unknown, batchSize: readonly number[]): value is Tensor {
  return isTensor(value) && !value.isDisposed && startsWith(value.shape, batchSize);
}
