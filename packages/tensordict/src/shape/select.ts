import { gather, reshape, slice, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import {
  gatherIndex,
  indexCount,
  indexInvalid,
  indexRange,
  indexShapes,
  maskShape,
  rangeBound,
  rangeStep,
} from "./errors.ts";
import { listExpected } from "../tree/argument-errors.ts";
import { isPlainRecord, isTensor } from "../values/structure.ts";
import { sameSizes, startsWith } from "../tree/node.ts";
import type { BatchChange } from "./change.ts";
import { type NestedList, readIndex, readList } from "./lists.ts";
import { broadcastSizes, checkDim, elementCount, indexAt, mapIndices, positionOf } from "./sizes.ts";

/** Indices `start`, `start + step`, ... below `end` of a dim; negative ones count from the end. */
export interface Range {
  /** Default 0. */
  readonly start?: number;
  /** Default the dim's size. */
  readonly end?: number;
  /** Default 1. */
  readonly step?: number;
}

const BOUNDS: ReadonlySet<string> = new Set(["start", "end", "step"]);

/**
 * What to take of batch dims: one index (the dim is dropped), a range, nested lists of indices, or nested lists of
 * booleans, which stand for as many dims as they are deep. An int32 or bool tensor serves for a list; it is read with
 * `dataSync`.
 */
export type IndexPart = number | Range | NestedList<number> | NestedList<boolean> | Tensor;

/** What is taken of one dim. */
type Taken =
  | { readonly kind: "one"; readonly index: number }
  | { readonly kind: "run"; readonly indices: readonly number[]; readonly isRun: boolean }
  | { readonly kind: "list"; readonly shape: readonly number[]; readonly indices: readonly number[] };

/**
 * Takes parts of the first batch dims, as PyTorch indexes: several lists are broadcast together and taken element by
 * element; their dims come where the lists are, or first where something lies between them.
 */
export function takeParts(batchSize: readonly number[], parts: readonly IndexPart[]): BatchChange {
  if (!Array.isArray(parts)) throw listExpected("an index", "its parts", parts);
  const taken = parts.flatMap((part, i) => takeOne(batchSize, dimsBefore(batchSize, parts, i), part));
  if (parts.length === 0 || taken.length > batchSize.length) throw indexCount(parts.length, batchSize);
  const all = batchSize.map((_, dim) => taken[dim] ?? takeRange(batchSize, dim, {}));
  const lists = all.filter((one) => one.kind === "list");
  const [only] = lists;
  if (only === undefined || (lists.length === 1 && only.shape.length === 1)) return takeEachDim(all);
  return takeTogether(
    batchSize,
    all,
    lists.map(({ shape }) => shape),
  );
}

/** Batch dims that the parts before one stand for: booleans may stand for several. */
function dimsBefore(batchSize: readonly number[], parts: readonly IndexPart[], end: number): number {
  let dims = 0;
  for (const part of parts.slice(0, end)) dims += isList(part) ? dimsOf(part, dims) : 1;
  if (dims >= batchSize.length) throw indexCount(parts.length, batchSize);
  return dims;
}

function dimsOf(part: Tensor | NestedList<number | boolean>, dim: number): number {
  const { dtype, shape } = readIndex(part, dim);
  return dtype === "bool" ? shape.length : 1;
}

function isList(part: IndexPart): part is Tensor | NestedList<number> | NestedList<boolean> {
  return isTensor(part) || Array.isArray(part);
}

function takeOne(batchSize: readonly number[], dim: number, part: IndexPart): Taken[] {
  if (typeof part === "number") return [{ kind: "one", index: checkIndex(part, dim, batchSize) }];
  if (isList(part)) {
    const { shape, dtype, values } = readIndex(part, dim);
    if (dtype === "bool") return takeHits(batchSize, dim, shape, values);
    return [
      { kind: "list", shape, indices: Array.from(values, (index) => checkIndex(index, dim, batchSize)) },
    ];
  }
  if (!isRange(part)) throw indexInvalid(part, dim);
  return [takeRange(batchSize, dim, part)];
}

/** Whether a value of any origin is a range: a misspelt bound would take everything. */
function isRange(part: unknown): part is Range {
  return isPlainRecord(part) && Object.keys(part).every((key) => BOUNDS.has(key));
}

/** Booleans as one list of indices per dim that they stand for. */
function takeHits(
  batchSize: readonly number[],
  dim: number,
  shape: readonly number[],
  values: ArrayLike<number>,
): Taken[] {
  const covered = batchSize.slice(dim, dim + shape.length);
  if (shape.length === 0 || !sameSizes(covered, shape)) throw maskShape("at", shape, "bool", batchSize);
  const hits = Array.from(values, (isHit, position) => (isHit === 0 ? -1 : position)).filter((at) => at >= 0);
  return shape.map((_, i) => ({
    kind: "list",
    shape: [hits.length],
    indices: hits.map((position) => indexAt(shape, position)[i] ?? 0),
  }));
}

function takeRange(batchSize: readonly number[], dim: number, { start = 0, end, step = 1 }: Range): Taken {
  const size = batchSize[dim] ?? 0;
  if (!Number.isInteger(step) || step < 1) throw rangeStep(step);
  const past = clamp("end", end ?? size, size);
  const indices: number[] = [];
  for (let at = clamp("start", start, size); at < past; at += step) indices.push(at);
  return { kind: "run", indices, isRun: step === 1 };
}

function checkIndex(index: number, dim: number, batchSize: readonly number[]): number {
  const size = batchSize[dim] ?? 0;
  if (!Number.isInteger(index) || index < -size || index >= size) throw indexRange(index, dim, batchSize);
  return index < 0 ? index + size : index;
}

function clamp(name: string, bound: number, size: number): number {
  const isEnd = bound === Infinity || bound === -Infinity;
  if (!isEnd && !Number.isInteger(bound)) throw rangeBound(name, bound);
  return Math.max(0, Math.min(size, bound < 0 ? bound + size : bound));
}

/** At most one list of one dim: a slice, and gathers along single dims. */
function takeEachDim(taken: readonly Taken[]): BatchChange {
  const dims = taken.map((one) =>
    one.kind === "one"
      ? { indices: [one.index], isRun: true, isDropped: true }
      : { indices: one.indices, isRun: one.kind === "run" && one.isRun, isDropped: false },
  );
  return pickDims(dims);
}

/** Indices of every batch dim. */
interface DimIndices {
  readonly indices: readonly number[];
  /** Whether they lie next to each other. */
  readonly isRun: boolean;
  readonly isDropped: boolean;
}

/** The elements at the given indices of each dim, all dims by themselves. */
export function pickDims(dims: readonly DimIndices[]): BatchChange {
  return {
    batchSize: dims.filter(({ isDropped }) => !isDropped).map(({ indices }) => indices.length),
    tensor: (tensor) => cutTensor(tensor, dims),
    from: (index) => {
      let at = 0;
      return dims.map(({ indices, isDropped }) => indices[isDropped ? 0 : (index[at++] ?? 0)] ?? 0);
    },
  };
}

function cutTensor(tensor: Tensor, taken: readonly DimIndices[]): Tensor {
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

/** Several lists, or one of several dims: element by element. */
function takeTogether(
  batchSize: readonly number[],
  taken: readonly Taken[],
  shapes: readonly (readonly number[])[],
): BatchChange {
  const shape = shapes.reduce((a, b) => broadcastSizes(a, b) ?? failShapes(shapes));
  // A single index drops its dim before the lists are looked at.
  const kept = taken.filter(({ kind }) => kind !== "one");
  const first = kept.findIndex(({ kind }) => kind === "list");
  const last = kept.findLastIndex(({ kind }) => kind === "list");
  const isTogether = kept.slice(first, last + 1).every(({ kind }) => kind === "list");
  const start = isTogether ? first : 0;
  const runs = kept.flatMap((one) => (one.kind === "run" ? [one.indices.length] : []));
  const sizes = runs.toSpliced(start, 0, ...shape);
  const from = (index: readonly number[]): readonly number[] => {
    const inList = index.slice(start, start + shape.length);
    const inRuns = index.toSpliced(start, shape.length);
    let run = 0;
    return taken.map((one) => {
      if (one.kind === "one") return one.index;
      if (one.kind === "run") return one.indices[inRuns[run++] ?? 0] ?? 0;
      const own = inList.slice(shape.length - one.shape.length);
      return (
        one.indices[
          positionOf(
            one.shape,
            own.map((at, dim) => (one.shape[dim] === 1 ? 0 : at)),
          )
        ] ?? 0
      );
    });
  };
  const positions = mapIndices(sizes, (index) => positionOf(batchSize, from(index)));
  return { ...takePositions(batchSize, batchSize.length, sizes, positions), from };
}

function failShapes(shapes: readonly (readonly number[])[]): never {
  throw indexShapes(shapes);
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
export function takePositions(
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
