import type { AxisRange, AxisSlice, AxisSlices } from "@hookdict/contexts";
import type { HookInfo, Site } from "@hookdict/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { axisUndeclared, indexOutside } from "./errors.ts";

/** @throws UsageError `PATCH_AXIS` when the site does not declare one of the axes. */
export function checkAxes(site: Site, axes: readonly string[], owner = "ActivationPatching"): void {
  for (const axis of axes) if (!site.axes?.includes(axis)) throw axisUndeclared(site, axis, owner);
}

/** Where a run stands among others, as its hooks are told. */
export type Place = Pick<HookInfo, "site" | "step" | "firstPosition" | "firstSource">;

/** The position at which an axis begins, in a run of a series; `undefined` for an axis of something else. */
function beginOf({ firstPosition, firstSource }: Place, axis: string): number | undefined {
  if (axis === "src") return firstSource;
  return axis === "pos" || axis === "dest" ? firstPosition : undefined;
}

/**
 * The named axes with indices as this run has them: positions are those of the whole row, and a run that goes on from a
 * cache, or is a step of a generation, need not have them. `undefined` when it has none of some axis.
 */
export function presentAt(place: Place, shape: readonly number[], at: AxisSlices): AxisSlices | undefined {
  if (place.step === undefined && place.firstPosition === 0) return at;
  const present: Record<string, AxisSlice> = { ...at };
  for (const [axis, indices] of Object.entries(at)) {
    const begin = beginOf(place, axis);
    if (begin === undefined) continue;
    const size = shape[place.site.axes?.indexOf(axis) ?? -1] ?? 0;
    const end = begin + size;
    const own = listed(indices, end)
      .map((index) => (index < 0 ? index + end : index) - begin)
      .filter((index) => !Number.isInteger(index) || (index >= 0 && index < size));
    if (own.length === 0) return undefined;
    present[axis] = own;
  }
  return present;
}

/**
 * True where every named axis has one of its indices; `undefined` when no axis is named.
 *
 * **Ownership:** returns owned, bool with the rank of `shape`.
 *
 * @throws ShapeError `PATCH_INDEX`
 */
export function maskAt(site: Site, shape: readonly number[], at: AxisSlices): Tensor | undefined {
  const entries = Object.entries(at);
  if (entries.length === 0) return undefined;
  const chosen = shape.map(() => undefined as ReadonlySet<number> | undefined);
  for (const [axis, indices] of entries) {
    const dimension = site.axes?.indexOf(axis) ?? -1;
    chosen[dimension] = indexSet(site, axis, indices, shape[dimension] ?? 0);
  }
  return tensor(maskValues(shape, chosen), [...shape], "bool");
}

function indexSet(site: Site, axis: string, wanted: AxisSlice, size: number): ReadonlySet<number> {
  return new Set(
    listed(wanted, size).map((index) => {
      if (!Number.isInteger(index) || index < -size || index >= size) {
        throw indexOutside(site, axis, index, size);
      }
      return index < 0 ? index + size : index;
    }),
  );
}

/** The indices that are meant, negative ones as they are given; a range ends where the axis does. */
function listed(wanted: AxisSlice, size: number): readonly number[] {
  if (typeof wanted === "number") return [wanted];
  if (isList(wanted)) return wanted;
  const { start = 0, end = size, step = 1 } = wanted;
  const [from, to] = [start, end].map((edge) =>
    Math.min(size, Math.max(0, edge < 0 ? edge + size : edge)),
  ) as [number, number]; // one for each
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
}

function isList(wanted: readonly number[] | AxisRange): wanted is readonly number[] {
  return Array.isArray(wanted);
}

/** Row-major mask, built axis by axis from the innermost outwards. */
function maskValues(
  shape: readonly number[],
  chosen: readonly (ReadonlySet<number> | undefined)[],
): Uint8Array {
  let block = new Uint8Array([1]);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 0;
    const outer = new Uint8Array(size * block.length);
    for (let i = 0; i < size; i++) if (chosen[axis]?.has(i) ?? true) outer.set(block, i * block.length);
    block = outer;
  }
  return block;
}
