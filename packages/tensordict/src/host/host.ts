import type { Tensor } from "@tensorflow/tfjs-core";
import { batchMismatch, type Mismatch } from "../tree/errors.ts";
import type { HostArray } from "../io/safetensors/decode.ts";
import type { HostDtype } from "../io/safetensors/dtypes.ts";
import { toTensor } from "../io/safetensors/read.ts";
import { checkHostKinds } from "./check.ts";
import { DictNode, isNode, isTensorLeaf, checkShape } from "../tree/node.ts";
import { NonTensor } from "../values/non-tensor.ts";
import { adopt } from "../tensors/ownership.ts";
import { attach, cloneNode, freeNode } from "../tree/lifetime.ts";
import { stringTensor } from "../shape/change.ts";

/** A tensor's numbers, row-major; complex64 as pairs of real and imaginary part, bool as 0 and 1. */
export interface HostNumbers {
  readonly kind: "numbers";
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  readonly data: HostArray;
}

/** A string tensor's elements, row-major, as the UTF-8 bytes that TensorFlow.js holds. */
export interface HostStrings {
  readonly kind: "strings";
  readonly shape: readonly number[];
  readonly data: readonly Uint8Array[];
}

/** A leaf that is no tensor: one value (`shape` is `null`), or one per element of the leading dims, row-major. */
export interface HostValues {
  readonly kind: "values";
  readonly shape: readonly number[] | null;
  readonly items: readonly unknown[];
}

/** What lies at a key of a {@link HostTensorDict}. */
export type HostLeaf = HostNumbers | HostStrings | HostValues | HostTensorDict;

/**
 * A TensorDict in the memory of the host: plain data without tensors, so nothing has to be disposed, and what
 * `structuredClone` and `postMessage` can copy.
 */
export interface HostTensorDict {
  readonly kind: "dict";
  readonly batchSize: readonly number[];
  /** By name, in the TensorDict's order. */
  readonly leaves: ReadonlyMap<string, HostLeaf>;
}

/**
 * Reads every tensor of a tree. The tree may change or end meanwhile: what it is now is read.
 *
 * **Ownership:** borrows; the arrays are copies.
 */
export async function nodeToHost(root: DictNode): Promise<HostTensorDict> {
  const held = cloneNode(root);
  try {
    return await readNode(held);
  } finally {
    freeNode(held);
  }
}

async function readNode(node: DictNode): Promise<HostTensorDict> {
  const leaves = await Promise.all(
    [...node.leaves].map(async ([name, value]): Promise<[string, HostLeaf]> => {
      if (isNode(value)) return [name, await readNode(value)];
      if (isTensorLeaf(value)) return [name, await readTensor(value)];
      return [name, { kind: "values", shape: value.shape, items: value.items }];
    }),
  );
  return { kind: "dict", batchSize: node.batchSize, leaves: new Map(leaves) };
}

async function readTensor(tensor: Tensor): Promise<HostLeaf> {
  const { dtype, shape } = tensor;
  if (dtype === "string") {
    return { kind: "strings", shape, data: (await tensor.bytes()) as Uint8Array[] }; // bytes of each, for strings
  }
  // The cpu backend gives the very array that the tensor lives in.
  return { kind: "numbers", dtype, shape, data: (await readNumbers(tensor, dtype)).slice() };
}

/** The numbers of a tensor; some kernels leave a plain list where there are none. */
export async function readNumbers(tensor: Tensor, dtype: HostDtype): Promise<HostArray> {
  if (tensor.size > 0) return tensor.data<HostDtype>();
  return dtype === "int32" ? new Int32Array() : dtype === "bool" ? new Uint8Array() : new Float32Array();
}

/**
 * Puts a host copy onto the current backend.
 *
 * **Ownership:** borrows, or takes the arrays when `isOwned`; returns owned.
 *
 * @throws ShapeError `BATCH_MISMATCH` naming every leaf that does not begin with its batch size.
 */
export function hostToNode(host: HostTensorDict, isOwned = false): DictNode {
  checkHostKinds(host, []);
  const mismatches: Mismatch[] = [];
  checkHost(host, [], mismatches);
  if (mismatches.length > 0) throw batchMismatch(mismatches);
  return buildNode(host, isOwned);
}

function checkHost(host: HostTensorDict, path: readonly string[], mismatches: Mismatch[]): void {
  for (const [name, leaf] of host.leaves) {
    const shape = leaf.kind === "dict" ? leaf.batchSize : leaf.shape;
    const at = [...path, name];
    if (shape !== null) checkShape(at, shape, host.batchSize, mismatches);
    if (leaf.kind === "dict") checkHost(leaf, at, mismatches);
  }
}

function buildNode(host: HostTensorDict, isOwned: boolean): DictNode {
  const node = new DictNode(Object.freeze([...host.batchSize]));
  try {
    for (const [name, leaf] of host.leaves) {
      if (leaf.kind === "dict") attach(node, name, buildNode(leaf, isOwned));
      else
        node.leaves.set(
          name,
          leaf.kind === "values" ? hostToValues(leaf) : adopt(hostToTensor(leaf, isOwned)),
        );
    }
  } catch (error) {
    freeNode(node);
    throw error;
  }
  return node;
}

function hostToValues({ shape, items }: HostValues): NonTensor {
  return new NonTensor(shape === null ? null : Object.freeze([...shape]), Object.freeze([...items]));
}

/** A new tensor on the current backend. **Ownership:** as for {@link hostToNode}. */
export function hostToTensor(leaf: HostNumbers | HostStrings, isOwned: boolean): Tensor {
  const { kind, shape, data } = leaf;
  if (kind === "strings") return stringTensor(data, shape);
  // A backend may keep the array as the tensor's values.
  return toTensor({ dtype: leaf.dtype, shape, data: isOwned ? leaf.data : leaf.data.slice() });
}
