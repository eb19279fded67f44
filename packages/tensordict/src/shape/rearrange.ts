import { broadcastTo, reshape, transpose } from "@tensorflow/tfjs-core";
import { dimRange, expandSize, permuteDims, reshapeSize } from "./errors.ts";
import type { BatchChange } from "./change.ts";
import { checkDim, checkSizes, elementCount, indexAt, positionOf } from "./sizes.ts";

/** Other batch dims over as many elements; one size may be -1. */
export function reshaped(batchSize: readonly number[], wanted: readonly number[]): BatchChange {
  checkSizes("reshape", wanted);
  const count = elementCount(batchSize);
  const known = elementCount(wanted.filter((size) => size !== -1));
  const free = wanted.indexOf(-1);
  const sizes = free < 0 ? wanted : wanted.with(free, known === 0 ? 0 : count / known);
  const isValid = sizes.every((size) => Number.isInteger(size) && size >= 0);
  if (!isValid || elementCount(sizes) !== count) throw reshapeSize(batchSize, wanted);
  return sameOrder(batchSize, sizes);
}

/** Neighbouring batch dims merged into one. */
export function flattened(batchSize: readonly number[], start: number, end: number): BatchChange {
  const first = checkDim("flatten", start, batchSize.length);
  const last = checkDim("flatten", end, batchSize.length);
  if (first > last) throw dimRange("flatten", end, batchSize.length);
  const merged = elementCount(batchSize.slice(first, last + 1));
  return sameOrder(batchSize, batchSize.toSpliced(first, last + 1 - first, merged));
}

/** One batch dim taken apart. */
export function unflattened(
  batchSize: readonly number[],
  dim: number,
  sizes: readonly number[],
): BatchChange {
  const at = checkDim("unflatten", dim, batchSize.length);
  const inner = reshaped([batchSize[at] ?? 0], sizes).batchSize;
  return sameOrder(batchSize, batchSize.toSpliced(at, 1, ...inner));
}

/** A batch dim of size 1 put in. */
export function unsqueezed(batchSize: readonly number[], dim: number): BatchChange {
  const at = checkDim("unsqueeze", dim, batchSize.length + 1);
  return sameOrder(batchSize, batchSize.toSpliced(at, 0, 1));
}

/** A batch dim of size 1 taken out, or all of them; one of another size stays. */
export function squeezed(batchSize: readonly number[], dim: number | undefined): BatchChange {
  const at = dim === undefined ? undefined : checkDim("squeeze", dim, batchSize.length);
  return sameOrder(
    batchSize,
    batchSize.filter((size, i) => size !== 1 || (at !== undefined && i !== at)),
  );
}

function sameOrder(batchSize: readonly number[], sizes: readonly number[]): BatchChange {
  return {
    batchSize: sizes,
    tensor: (tensor) => reshape(tensor, [...sizes, ...tensor.shape.slice(batchSize.length)]),
    from: (index) => indexAt(batchSize, positionOf(sizes, index)),
  };
}

/** The batch dims in another order. */
export function permuted(batchSize: readonly number[], dims: readonly number[]): BatchChange {
  const order = checkSizes("permute", dims).map((dim) => checkDim("permute", dim, batchSize.length));
  if (order.length !== batchSize.length || new Set(order).size !== order.length) {
    throw permuteDims(dims, batchSize);
  }
  return {
    batchSize: order.map((dim) => batchSize[dim] ?? 0),
    tensor: (tensor) =>
      transpose(
        tensor,
        tensor.shape.map((_, i) => order[i] ?? i),
      ),
    from: (index) => batchSize.map((_, dim) => index[order.indexOf(dim)] ?? 0),
  };
}

/** Two batch dims swapped. */
export function transposed(batchSize: readonly number[], first: number, second: number): BatchChange {
  const a = checkDim("transpose", first, batchSize.length);
  const b = checkDim("transpose", second, batchSize.length);
  return permuted(
    batchSize,
    batchSize.map((_, dim) => (dim === a ? b : dim === b ? a : dim)),
  );
}

/** Dims of size 1 repeated, and new dims in front; -1 keeps a size. */
export function expanded(batchSize: readonly number[], wanted: readonly number[]): BatchChange {
  const added = checkSizes("expand", wanted).length - batchSize.length;
  const sizes = wanted.map((size, i) => (size === -1 && i >= added ? (batchSize[i - added] ?? 0) : size));
  const fits = sizes.every(
    (size, i) =>
      Number.isInteger(size) &&
      size >= 0 &&
      (i < added || batchSize[i - added] === 1 || batchSize[i - added] === size),
  );
  if (added < 0 || !fits) throw expandSize(batchSize, wanted);
  return {
    batchSize: sizes,
    tensor: (tensor) => {
      const shape = [...sizes, ...tensor.shape.slice(batchSize.length)];
      const aligned = reshape(tensor, [...sizes.slice(0, added).map(() => 1), ...tensor.shape]);
      return broadcastTo(aligned, shape);
    },
    from: (index) => batchSize.map((size, dim) => (size === 1 ? 0 : (index[dim + added] ?? 0))),
  };
}
