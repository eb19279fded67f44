import { share } from "@hookdict/tensordict/tensors";
import { isTensor, mapTensors, tensorsOf } from "@hookdict/tensordict";
import { concat, slice, type Tensor } from "@tensorflow/tfjs-core";
import { batchMismatch } from "./errors.ts";
import type { BatchAxis } from "./axis.ts";

/** An invoke's rows in the batch. */
export interface Group {
  readonly start: number;
  readonly size: number;
}

/** A batch: how many rows it has in all. */
export interface Batch {
  readonly total: number;
}

/** Axis and entries of one example in a tensor; `undefined` if it is shared by all. */
function layoutOf(
  tensor: Tensor,
  axis: BatchAxis,
  { total }: Batch,
  what: string,
): { readonly axis: number; readonly each: number } | undefined {
  if (axis === null) return undefined;
  const at = typeof axis === "number" ? axis : axis.axis;
  const length = tensor.shape[at] ?? 0;
  const each = typeof axis === "number" ? 1 : Math.floor(length / total);
  if (length !== each * total || length === 0 || tensor.rank <= at)
    throw batchMismatch(what, tensor, at, total);
  return { axis: at, each };
}

/**
 * The rows of a group.
 *
 * **Ownership:** borrows; returns owned by the active scope.
 *
 * @throws ShapeError `TRACE_BATCH`
 */
export function narrow(value: unknown, axis: BatchAxis, group: Group, batch: Batch, what: string): unknown {
  return mapTensors(value, (tensor) => {
    const layout = layoutOf(tensor, axis, batch, what);
    if (layout === undefined) return share(tensor);
    return rowsOf(tensor, layout.axis, group.start * layout.each, group.size * layout.each);
  });
}

function rowsOf(tensor: Tensor, axis: number, start: number, size: number): Tensor {
  const begin = tensor.shape.map((_, i) => (i === axis ? start : 0));
  const sizes = tensor.shape.map((length, i) => (i === axis ? size : length));
  return slice(tensor, begin, sizes);
}

/** What a group's body has put in place of its rows. */
export interface Part {
  readonly group: Group;
  readonly value: unknown;
}

/**
 * The value with parts in place of their rows: one concatenation per tensor, however many parts there are. Where all
 * share a tensor, the last part counts.
 *
 * **Ownership:** borrows; returns owned by the active scope.
 */
export function widen(
  base: unknown,
  parts: readonly Part[],
  axis: BatchAxis,
  batch: Batch,
  what: string,
): unknown {
  const leaves = parts.map(({ value }) => tensorsOf(value));
  let next = 0;
  return mapTensors(base, (tensor) => {
    const at = next++;
    const layout = layoutOf(tensor, axis, batch, what);
    const given = leaves.map((list) => list[at] ?? tensor);
    if (layout === undefined) return given.at(-1) ?? tensor;
    const pieces: Tensor[] = [];
    let row = 0;
    const sorted = parts.map(({ group }, i) => ({ group, tensor: given[i] ?? tensor }));
    sorted.sort((a, b) => a.group.start - b.group.start);
    const untouched = (until: number): void => {
      if (until > row)
        pieces.push(rowsOf(tensor, layout.axis, row * layout.each, (until - row) * layout.each));
    };
    for (const part of sorted) {
      untouched(part.group.start);
      pieces.push(part.tensor);
      row = part.group.start + part.group.size;
    }
    untouched(batch.total);
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : concat(pieces, layout.axis);
  });
}

/** A value made of parts alone, which are all rows there are. */
export function joined(parts: readonly Part[], axis: BatchAxis): unknown {
  const sorted = [...parts].sort((a, b) => a.group.start - b.group.start);
  const [first, ...rest] = sorted;
  if (first === undefined || rest.length === 0 || axis === null) return sorted.at(-1)?.value;
  const leaves = sorted.map(({ value }) => tensorsOf(value));
  let next = 0;
  return mapTensors(first.value, (tensor) => {
    const at = next++;
    const pieces = leaves.map((list) => list[at] ?? tensor);
    return concat(pieces, typeof axis === "number" ? axis : axis.axis);
  });
}

/** Rows of a value's first tensor. */
export function rowCount(value: unknown): number | undefined {
  if (isTensor(value)) return value.rank === 0 ? undefined : value.shape[0];
  return tensorsOf(value).find(({ rank }) => rank > 0)?.shape[0];
}

/**
 * Whether a value has the dtypes and shapes of a group's rows.
 *
 * @throws ShapeError `TRACE_BATCH`
 */
export function rowsFit(
  whole: unknown,
  value: unknown,
  site: { readonly path: string; readonly axis: BatchAxis },
  group: Group | undefined,
  batch: Batch,
): boolean {
  const present = tensorsOf(whole);
  const given = tensorsOf(value);
  if (present.length !== given.length || isTensor(whole) !== isTensor(value)) return false;
  return present.every((tensor, i) => {
    const other = given[i] as Tensor; // as many
    const layout = group === undefined ? undefined : layoutOf(tensor, site.axis, batch, site.path);
    const size = (at: number): number =>
      layout?.axis === at ? (group?.size ?? 0) * layout.each : (tensor.shape[at] ?? 0);
    const isSameShape = other.rank === tensor.rank && other.shape.every((length, at) => length === size(at));
    return isSameShape && other.dtype === tensor.dtype;
  });
}
