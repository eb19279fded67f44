import { complex, fill, concat, type Tensor } from "@tensorflow/tfjs-core";
import { padDtype, padSizes } from "./errors.ts";
import { checkSizes, mapIndices, positionOf } from "./sizes.ts";
import { partsOf, valuesLeaf } from "./change.ts";
import { mapLeaves } from "../tree/map.ts";
import type { DictNode } from "../tree/node.ts";
import type { NonTensor } from "../values/non-tensor.ts";

/**
 * More elements before and after the batch dims: `[before, after]` of each dim, one after the other. Tensors get `value`
 * there, values that are no tensors `null`.
 */
export function padNode(root: DictNode, sizes: readonly number[], value: number): DictNode {
  const listed = checkSizes("pad", sizes);
  const { batchSize } = root;
  if (listed.length !== 2 * batchSize.length || listed.some((size) => size < 0))
    throw padSizes(listed, batchSize);
  const pairs = batchSize.map((_, dim) => [listed[2 * dim] ?? 0, listed[2 * dim + 1] ?? 0] as const);
  const grown = (old: readonly number[]): readonly number[] =>
    Object.freeze(old.map((size, dim) => size + (pairs[dim]?.[0] ?? 0) + (pairs[dim]?.[1] ?? 0)));
  return mapLeaves(
    root,
    grown(batchSize),
    (tensor, path) => {
      if (tensor.dtype === "string") throw padDtype(path);
      return pairs.reduce((whole, pair, dim) => padDim(whole, dim, pair, value), tensor);
    },
    (leaf) => padValues(leaf, pairs, grown),
    (child) => grown(child.batchSize),
  );
}

/** One dim of a tensor with a number before and after. */
export function padDim(
  tensor: Tensor,
  dim: number,
  [before, after]: readonly [number, number],
  value: number,
): Tensor {
  if (before + after === 0) return tensor;
  if (tensor.dtype === "complex64") {
    const [re, im] = partsOf(tensor);
    return complex(padDim(re, dim, [before, after], value), padDim(im, dim, [before, after], 0));
  }
  const part = (size: number): Tensor[] =>
    size === 0 ? [] : [fill(tensor.shape.with(dim, size), value, tensor.dtype as "float32")];
  return concat([...part(before), tensor, ...part(after)], dim);
}

function padValues(
  leaf: NonTensor,
  pairs: readonly (readonly [number, number])[],
  grown: (old: readonly number[]) => readonly number[],
): NonTensor {
  const { shape, items } = leaf;
  if (shape === null) return leaf;
  const wide = grown(shape);
  const padded = mapIndices(wide, (index) => {
    const from = index.map((at, dim) => at - (pairs[dim]?.[0] ?? 0));
    const isInside = from.every((at, dim) => at >= 0 && at < (shape[dim] ?? 0));
    return isInside ? items[positionOf(shape, from)] : null;
  });
  return valuesLeaf(wide, padded);
}
