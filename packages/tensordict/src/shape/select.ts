import { gather, reshape, slice, Tensor, tensor as makeTensor, tensor1d } from "@tensorflow/tfjs-core";
import { gatherIndex, indexCount, indexRange, maskShape, rangeStep } from "./errors.ts";
import { sameSizes, startsWith } from "../tree/fits.ts";
import type { BatchChange } from "./change.ts";
import { checkDim, elementCount, indexAt, mapIndices, positionOf } from "./sizes.ts";

/** Indices `from`, `from + step`, ... below `to` of a dim; negative ones count from the end. */
export interface Range {
  /** Default 0. */
  readonly from?: number;
  /** Default the dim's size. */
  readonly to?: number;
  /** Default 1. */
  readonly step?: number;
}

/**
 * What to take of one batch dim: one index (the dim is dropped), a range, or a list of indices (as numbers or an int32
 * tensor, which is read with `dataSync`).
 */
export type IndexPart = number | Range | readonly number[] | Tensor;

/** Nested lists of numbers or booleans. */
export type NestedList<T> = readonly (T | NestedList<T>)[];

/** What is taken of one dim: the indices, and whether they lie next to each other. */
interface Taken {
  readonly indices: readonly number[];
  readonly isRun: boolean;
  readonly isDropped: boolean;
}

/** Takes parts of the first batch dims, each by itself. */
export function takeParts(batchSize: readonly number[], parts: readonly IndexPart[]): BatchChange {
  if (parts.length === 0 || parts.length > batchSize.length) throw indexCount(parts.length, batchSize);
  const taken = batchSize.map((_, dim) => takeOne(batchSize, dim, parts[dim] ?? {}));
  const kept = taken.filter(({ isDropped }) => !isDropped);
  return {
    batchSize: kept.map(({ indices }) => indices.length),
    tensor: (tensor) => cutTensor(tensor, taken),
    from: (index) => {
      let at = 0;
      return taken.map(({ indices, isDropped }) => indices[isDropped ? 0 : (index[at++] ?? 0)] ?? 0);
    },
  };
}

function takeOne(batchSize: readonly number[], dim: number, part: IndexPart): Taken {
  const size = batchSize[dim] ?? 0;
  if (typeof part === "number") {
    return { indices: [checkIndex(part, dim, batchSize)], isRun: true, isDropped: true };
  }
  if (part instanceof Tensor || Array.isArray(part)) {
    const indices = [...listOf(part)].map((index) => checkIndex(index, dim, batchSize));
    return { indices, isRun: false, isDropped: false };
  }
  const { from = 0, to = size, step = 1 } = part as Range; // what is left
  if (!Number.isInteger(step) || step < 1) throw rangeStep(step);
  const indices: number[] = [];
  for (let at = clamp(from, size); at < clamp(to, size); at += step) indices.push(at);
  return { indices, isRun: step === 1, isDropped: false };
}

function listOf(part: Tensor | readonly number[]): Iterable<number> {
  return part instanceof Tensor ? (part.dataSync() as Int32Array) : part; // indices are int32
}

function checkIndex(index: number, dim: number, batchSize: readonly number[]): number {
  const size = batchSize[dim] ?? 0;
  if (!Number.isInteger(index) || index < -size || index >= size) throw indexRange(index, dim, batchSize);
  return index < 0 ? index + size : index;
}

function clamp(index: number, size: number): number {
  return Math.max(0, Math.min(size, index < 0 ? index + size : index));
}

function cutTensor(tensor: Tensor, taken: readonly Taken[]): Tensor {
  const rest = tensor.shape.slice(taken.length);
  const begin = taken.map(({ indices, isRun }) => (isRun ? (indices[0] ?? 0) : 0));
  const size = taken.map(({ indices, isRun }, dim) => (isRun ? indices.length : (tensor.shape[dim] ?? 0)));
  let cut = sameSizes(size, tensor.shape.slice(0, taken.length))
    ? tensor
    : slice(tensor, [...begin, ...rest.map(() => 0)], [...size, ...rest]);
  for (const [dim, { indices, isRun }] of taken.entries()) {
    if (!isRun) cut = gather(cut, tensor1d([...indices], "int32"), dim);
  }
  const kept = taken.filter(({ isDropped }) => !isDropped).map(({ indices }) => indices.length);
  return kept.length === taken.length && cut !== tensor ? cut : reshape(cut, [...kept, ...rest]);
}

/** The elements where a mask over the first batch dims is true, in row-major order, along one dim. */
export function takeMasked(batchSize: readonly number[], given: Tensor | NestedList<boolean>): BatchChange {
  const { shape, dtype, values } = readList(given, "bool");
  if (dtype !== "bool" || shape.length === 0 || !startsWith(batchSize, shape)) {
    throw maskShape("mask", shape, dtype, batchSize);
  }
  const hits: number[] = [];
  for (const [position, isHit] of values.entries()) if (isHit !== 0) hits.push(position);
  return takePositions(batchSize, shape.length, [hits.length], hits);
}

/**
 * For every element of the index, the element of the batch at the same place except that its `dim` is what the index
 * says: `torch.gather` over the batch dims.
 */
export function takeAlong(
  batchSize: readonly number[],
  dim: number,
  given: Tensor | NestedList<number>,
): BatchChange {
  const along = checkDim("gather", dim, batchSize.length);
  const { shape, dtype, values } = readList(given, "int32");
  const fits = shape.every((size, i) => i === along || size <= (batchSize[i] ?? 0));
  if (dtype !== "int32" || shape.length !== batchSize.length || !fits) {
    throw gatherIndex(shape, dtype, batchSize);
  }
  const positions = mapIndices(shape, (index) => {
    const picked = checkIndex(values[positionOf(shape, index)] ?? 0, along, batchSize);
    return positionOf(batchSize, index.with(along, picked));
  });
  return takePositions(batchSize, batchSize.length, shape, positions);
}

/** Elements of the first `dims` batch dims, by their positions, in a new shape. */
function takePositions(
  batchSize: readonly number[],
  dims: number,
  shape: readonly number[],
  positions: readonly number[],
): BatchChange {
  const [head, tail] = [batchSize.slice(0, dims), batchSize.slice(dims)];
  return {
    batchSize: [...shape, ...tail],
    tensor: (tensor) => {
      const rest = tensor.shape.slice(dims);
      const rows = reshape(tensor, [elementCount(head), ...rest]);
      return reshape(gather(rows, tensor1d([...positions], "int32")), [...shape, ...rest]);
    },
    from: (index) => [
      ...indexAt(head, positions[positionOf(shape, index)] ?? 0),
      ...index.slice(shape.length),
    ],
  };
}

interface ReadList {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number> & { entries(): IterableIterator<[number, number]> };
}

/** Shape and numbers of an index or mask; a tensor is read with `dataSync`. */
export function readList(given: Tensor | NestedList<number | boolean>, dtype: "bool" | "int32"): ReadList {
  if (given instanceof Tensor) return { shape: given.shape, dtype: given.dtype, values: given.dataSync() };
  const list = makeTensor(given as number[], undefined, dtype); // tfjs-core reads nested lists of either
  const values = list.dataSync();
  list.dispose();
  return { shape: list.shape, dtype, values };
}
