import type { Tensor } from "@tensorflow/tfjs-core";
import { reduceDims } from "./errors.ts";
import type { DictNode } from "../tree/node.ts";
import { nest, type NonTensor } from "../values/non-tensor.ts";
import { mapLeaves } from "../tree/map.ts";
import { valuesLeaf } from "../shape/change.ts";
import { checkDim, mapIndices, positionOf } from "../shape/sizes.ts";
import { numeric } from "./leafwise.ts";

/**
 * What a reduction runs over: batch dims, `"feature"` for the dims after the batch, or all dims of every leaf where
 * nothing is given.
 */
export type ReduceDims = number | readonly number[] | "feature";

/** A reduction of TensorFlow.js over some dims. */
export type ReduceOp = (tensor: Tensor, dims: number[]) => Tensor;

/** Every tensor reduced. A value per element becomes a list along the reduced dims. */
export function reduceLeaves(
  action: string,
  root: DictNode,
  over: ReduceDims | undefined,
  op: ReduceOp,
): DictNode {
  const dims = root.batchSize.length;
  const isReduced = reducedDims(action, over, dims);
  const batchSize = Object.freeze(root.batchSize.filter((_, dim) => !isReduced(dim)));
  // Beyond the batch, either all dims of a leaf are reduced or none.
  const sizeOf = (child: DictNode): readonly number[] =>
    isReduced(dims) ? batchSize : Object.freeze([...batchSize, ...child.batchSize.slice(dims)]);
  return mapLeaves(
    root,
    batchSize,
    (tensor, path) =>
      numeric(action, tensor, path, () =>
        op(
          tensor,
          tensor.shape.map((_, dim) => dim).filter((dim) => isReduced(dim)),
        ),
      ),
    (leaf) => gatherLists(leaf, isReduced),
    sizeOf,
  );
}

function reducedDims(action: string, over: ReduceDims | undefined, dims: number): (dim: number) => boolean {
  if (over === undefined) return () => true;
  if (over === "feature") return (dim) => dim >= dims;
  const listed = (typeof over === "number" ? [over] : over).map((dim) => checkDim(action, dim, dims));
  if (listed.length === 0 || new Set(listed).size < listed.length) throw reduceDims(action, over);
  return (dim) => listed.includes(dim);
}

function gatherLists(leaf: NonTensor, isReduced: (dim: number) => boolean): NonTensor {
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
  return valuesLeaf(kept, items);
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
