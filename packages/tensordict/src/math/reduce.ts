import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import { valuesLeaf } from "../shape/change.ts";
import { checkDim, elementCount, mapIndices, positionOf } from "../shape/sizes.ts";
import { optionsOf } from "../tree/options.ts";
import { mapLeaves } from "../tree/map.ts";
import type { DictNode } from "../tree/node.ts";
import { nest, type NonTensor } from "../values/non-tensor.ts";
import { leafDtype, leafEmpty, reduceDims } from "./errors.ts";
import { numeric } from "./leafwise.ts";
import { filled } from "./numbers.ts";

/**
 * What a reduction runs over: batch dims, `"feature"` for the dims after the batch (after its own in a nested
 * TensorDict), or all dims of every leaf where nothing is given.
 */
export type ReduceDims = number | readonly number[] | "feature";

/** Options of a reduction. */
export interface ReduceOptions {
  /** Keep each reduced dim, with size 1. Default `false`. */
  readonly keepDim?: boolean;
}

/** A reduction of one tensor over some of its dims, at least one. */
export interface Reduction {
  readonly op: (tensor: Tensor, dims: number[]) => Tensor;
  /** The value over no elements, with the result's dtype; `undefined` where there is none. */
  readonly empty:
    ((dtype: string) => readonly [value: number, dtype: "float32" | "int32" | "bool"]) | undefined;
  /** Whether it takes complex64. Default `false`. */
  readonly isComplex?: boolean;
}

/** Options of those reductions that have more than one. */
const KNOWN: Readonly<Partial<Record<string, readonly string[]>>> = {
  var: ["keepDim", "correction"],
  std: ["keepDim", "correction"],
};

/** Every tensor reduced. A value per element becomes a list along the reduced dims. */
export function reduceLeaves(
  action: string,
  root: DictNode,
  over: ReduceDims | undefined,
  reduction: Reduction,
  options?: ReduceOptions,
): DictNode {
  const { keepDim = false } = optionsOf(action, options, KNOWN[action] ?? ["keepDim"]);
  const isReduced = reducedDims(action, over, root.batchSize.length);
  const sizeOf = ({ batchSize }: DictNode): readonly number[] =>
    Object.freeze(left(batchSize, (dim) => isReduced(dim, batchSize.length), keepDim));
  return mapLeaves(
    root,
    sizeOf(root),
    (tensor, path, node) =>
      numeric(action, tensor, path, () => {
        if (tensor.dtype === "complex64" && reduction.isComplex !== true) {
          throw leafDtype(action, path, tensor.dtype);
        }
        const dims = tensor.shape.map((_, dim) => dim).filter((dim) => isReduced(dim, node.batchSize.length));
        const reduced = reduceTensor(action, path, tensor, dims, reduction);
        return keepDim
          ? reshape(
              reduced,
              left(tensor.shape, (dim) => dims.includes(dim), true),
            )
          : reduced;
      }),
    (leaf, _, node) => gatherLists(leaf, (dim) => isReduced(dim, node.batchSize.length), keepDim),
    sizeOf,
  );
}

/** Sizes without the reduced dims, or with 1 in their place. */
function left(sizes: readonly number[], isReduced: (dim: number) => boolean, keepDim: boolean): number[] {
  return sizes.flatMap((size, dim) => (isReduced(dim) ? (keepDim ? [1] : []) : [size]));
}

function reduceTensor(
  action: string,
  path: readonly string[],
  tensor: Tensor,
  dims: number[],
  { op, empty }: Reduction,
): Tensor {
  // Where there is nothing to reduce, each element is a sum, a mean, ... of itself.
  if (dims.length === 0) return op(reshape(tensor, [...tensor.shape, 1]), [tensor.rank]);
  if (tensor.size > 0) return op(tensor, dims);
  // Kernels know little of tensors without elements.
  const shape = left(tensor.shape, (dim) => dims.includes(dim), false);
  const value = empty?.(tensor.dtype);
  if (value === undefined && elementCount(dims.map((dim) => tensor.shape[dim] ?? 1)) === 0) {
    throw leafEmpty(action, path, tensor.shape);
  }
  return filled(shape, ...(value ?? ([0, tensor.dtype as "float32"] as const)));
}

/** Whether a dim is reduced, by the number of batch dims where it lies. */
function reducedDims(
  action: string,
  over: ReduceDims | undefined,
  dims: number,
): (dim: number, batchDims: number) => boolean {
  if (over === undefined) return () => true;
  if (over === "feature") return (dim, batchDims) => dim >= batchDims;
  if (typeof over !== "number" && !Array.isArray(over)) throw reduceDims(action, over);
  const listed = (typeof over === "number" ? [over] : over).map((dim) => checkDim(action, dim, dims));
  if (listed.length === 0 || new Set(listed).size < listed.length) throw reduceDims(action, over);
  return (dim) => listed.includes(dim);
}

function gatherLists(leaf: NonTensor, isReduced: (dim: number) => boolean, keepDim: boolean): NonTensor {
  const { shape } = leaf;
  if (shape === null) return leaf;
  const kept = shape.filter((_, dim) => !isReduced(dim));
  const gone = shape.filter((_, dim) => isReduced(dim));
  if (gone.length === 0) return leaf;
  const items = mapIndices(kept, (outer) =>
    nest(
      gone,
      mapIndices(gone, (inner) => leaf.items[positionOf(shape, interleave(shape, isReduced, outer, inner))]),
    ),
  );
  return valuesLeaf(keepDim ? left(shape, isReduced, true) : kept, items);
}

/** One index of all dims from one of the kept and one of the reduced dims. */
function interleave(
  shape: readonly number[],
  isReduced: (dim: number) => boolean,
  outer: readonly number[],
  inner: readonly number[],
): number[] {
  let [atOuter, atInner] = [0, 0];
  return shape.map((_, dim) => (isReduced(dim) ? inner[atInner++] : outer[atOuter++]) ?? 0);
}
