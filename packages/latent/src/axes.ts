import { type Option, option } from "@hookdict/contexts";
import type { Site } from "@hookdict/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { axisUndeclared, indexOutside } from "./errors.ts";

/** One index or several along an axis; negative ones count from the end. */
export type AxisIndices = number | readonly number[];

/** The option that chooses indices. */
export const INDICES: Option<AxisIndices, "optional"> = option.of(
  "a whole number or a list of them, such as -1 or [0, 3]",
  (value) => [value].flat().every((item) => typeof item === "number"),
);

/** @throws UsageError `PATCH_AXIS` when the site does not declare one of the axes. */
export function checkAxes(site: Site, axes: readonly string[]): void {
  for (const axis of axes) if (!site.axes?.includes(axis)) throw axisUndeclared(site, axis);
}

/**
 * True where every named axis has one of its indices; `undefined` when no axis is named.
 *
 * **Ownership:** returns owned, bool with the rank of `shape`.
 *
 * @throws ShapeError `PATCH_INDEX`
 */
export function maskAt(
  site: Site,
  shape: readonly number[],
  at: Readonly<Record<string, AxisIndices>>,
): Tensor | undefined {
  const entries = Object.entries(at);
  if (entries.length === 0) return undefined;
  const chosen = shape.map(() => undefined as ReadonlySet<number> | undefined);
  for (const [axis, indices] of entries) {
    const dimension = site.axes?.indexOf(axis) ?? -1;
    chosen[dimension] = indexSet(site, axis, indices, shape[dimension] ?? 0);
  }
  return tensor(maskValues(shape, chosen), [...shape], "bool");
}

function indexSet(site: Site, axis: string, indices: AxisIndices, size: number): ReadonlySet<number> {
  const listed = typeof indices === "number" ? [indices] : indices;
  return new Set(
    listed.map((index) => {
      if (!Number.isInteger(index) || index < -size || index >= size) {
        throw indexOutside(site, axis, index, size);
      }
      return index < 0 ? index + size : index;
    }),
  );
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
