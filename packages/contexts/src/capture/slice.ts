import type { Site } from "@hookdict/core";
import { gather, slice, squeeze, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { batchNotOne, sliceAxis, sliceIndex } from "../errors.ts";

/** A range along an axis, up to `end` without it. Negative numbers count from the end. */
export interface AxisRange {
  readonly start?: number;
  readonly end?: number;
  /** Every so many entries, counted from `start`. Default 1. */
  readonly step?: number;
}

/** What is kept along an axis: one entry (the axis goes), several, or a range. Negative numbers count from the end. */
export type AxisSlice = number | readonly number[] | AxisRange;

/** What is kept, by the name of a declared axis. */
export type AxisSlices = Readonly<Record<string, AxisSlice>>;

/** Whether a value of any origin says what is kept along an axis. */
export function isAxisSlice(wanted: unknown): boolean {
  if (!isRange(wanted)) return [wanted].flat().every((index) => typeof index === "number");
  return Object.entries(wanted).every(([key, edge]) => isEdge(key, edge));
}

function isEdge(key: string, edge: unknown): boolean {
  if (key === "step") return edge === undefined || (Number.isInteger(edge) && (edge as number) > 0);
  return (key === "start" || key === "end") && (edge === undefined || typeof edge === "number");
}

function isRange(wanted: unknown): wanted is AxisRange {
  return typeof wanted === "object" && wanted !== null && !Array.isArray(wanted);
}

/** @throws UsageError `SLICE_AXIS` for an axis that none of the sites declares: nothing would be sliced. */
export function checkSliceAxes(sites: readonly Site[], names: readonly string[]): void {
  for (const name of names) {
    if (!sites.some(({ axes }) => axes?.includes(name))) {
      throw sliceAxis(name, [...new Set(sites.flatMap(({ axes }) => axes ?? []))]);
    }
  }
}

/**
 * The value cut along the axes that its site declares; a site without an axis keeps its whole value along it.
 *
 * **Ownership:** borrows `value`; the result belongs to the scope, or is `value`.
 *
 * @throws ShapeError `SLICE_INDEX`, and `BATCH_NOT_ONE` when the batch is to go and is not 1.
 */
export function sliceAxes(site: Site, value: Tensor, slices: AxisSlices, dropBatch: boolean): Tensor {
  const { axes } = site;
  if (axes?.length !== value.rank) return value;
  let cut = value;
  // Last to first: an axis that goes does not move those before it.
  for (const [dimension, name] of [...axes.entries()].reverse()) {
    const wanted = slices[name];
    if (wanted !== undefined) cut = cutAxis(site, cut, { name, dimension }, wanted);
    if (name === "batch" && dropBatch && typeof wanted !== "number") cut = withoutBatch(site, cut, dimension);
  }
  return cut;
}

function withoutBatch(site: Site, value: Tensor, dimension: number): Tensor {
  const size = value.shape[dimension] ?? 0;
  if (size !== 1) throw batchNotOne(site, size);
  return squeeze(value, [dimension]);
}

interface Axis {
  readonly name: string;
  readonly dimension: number;
}

function cutAxis(site: Site, value: Tensor, axis: Axis, wanted: AxisSlice): Tensor {
  const { name, dimension } = axis;
  const size = value.shape[dimension] ?? 0;
  const place = (index: number): number => {
    if (!Number.isInteger(index) || index < -size || index >= size) throw sliceIndex(site, name, index, size);
    return index < 0 ? index + size : index;
  };
  const range = (start: number, length: number): Tensor => {
    const begin = value.shape.map((_, i) => (i === dimension ? start : 0));
    return slice(
      value,
      begin,
      value.shape.map((whole, i) => (i === dimension ? length : whole)),
    );
  };
  if (typeof wanted === "number") return tidy(() => squeeze(range(place(wanted), 1), [dimension]));
  if (isList(wanted)) return tidy(() => gather(value, tensor1d(wanted.map(place), "int32"), dimension));
  const { start = 0, end = size, step = 1 } = wanted;
  const [from, to] = [start, end].map((edge) => {
    if (!Number.isInteger(edge) || edge < -size || edge > size) throw sliceIndex(site, name, edge, size);
    return edge < 0 ? edge + size : edge;
  }) as [number, number]; // one for each
  if (step === 1) return range(from, Math.max(0, to - from));
  const kept = Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
  return tidy(() => gather(value, tensor1d(kept, "int32"), dimension));
}

function isList(wanted: readonly number[] | AxisRange): wanted is readonly number[] {
  return Array.isArray(wanted);
}
