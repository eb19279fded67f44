import { describeValue, isTensor } from "@hookdict/tensordict";
import { concat, gather, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import type { TargetData } from "./data.ts";
import { targetAxis, targetIndex, targetOutput } from "./errors.ts";

/** The number of the axis. @throws ShapeError `TARGET_AXIS` */
export function axisOf(
  { path, axis }: TargetData,
  axes: readonly string[] | undefined,
  rank: number,
): number {
  const declared = axes === undefined ? "declares no axes" : `declares the axes ${axes.join(", ")}`;
  const found = typeof axis === "string" ? (axes?.indexOf(axis) ?? -1) : axis < 0 ? axis + rank : axis;
  if (found < 0 || found >= rank)
    throw targetAxis(path, axis, typeof axis === "string" ? declared : `has ${rank}`);
  return found;
}

/** Indices from 0 on. @throws ShapeError `TARGET_INDEX` */
export function indicesOf({ path, indices }: TargetData, size: number): readonly number[] {
  return indices.map((index) => {
    if (index < -size || index >= size) throw targetIndex(path, index, size);
    return index < 0 ? index + size : index;
  });
}

/** The chosen entries. **Ownership:** borrows; the result belongs to the scope. */
export function selected(data: TargetData, axes: readonly string[] | undefined, value: Tensor): Tensor {
  const axis = axisOf(data, axes, value.rank);
  const indices = indicesOf(data, value.shape[axis] ?? 0);
  return tidy(() => gather(value, tensor1d([...indices], "int32"), axis));
}

/** The value with other entries in the place of the chosen ones. **Ownership:** as there. */
export function replaced(
  data: TargetData,
  axes: readonly string[] | undefined,
  value: Tensor,
  part: Tensor,
): Tensor {
  const axis = axisOf(data, axes, value.rank);
  const size = value.shape[axis] ?? 0;
  const indices = indicesOf(data, size);
  // Behind the value's own entries stand the new ones: each entry is gathered from where it is now.
  const from = Array.from({ length: size }, (_, at) =>
    indices.includes(at) ? size + indices.indexOf(at) : at,
  );
  return tidy(() => gather(concat([value, part], axis), tensor1d(from, "int32"), axis));
}

/** The tensor in a structured value. @throws ShapeError `TARGET_OUTPUT` */
export function leafOf(path: string, value: unknown, output: readonly (string | number)[] = []): Tensor {
  let found = value;
  for (const part of output) {
    const isHolder = typeof found === "object" && found !== null;
    found = isHolder ? (found as Readonly<Record<string | number, unknown>>)[part] : undefined;
  }
  if (!isTensor(found)) throw targetOutput(path, output, describeValue(value));
  return found;
}

/** A structured value of arrays and records with another tensor in one place. */
export function withLeaf(value: unknown, output: readonly (string | number)[], leaf: Tensor): unknown {
  const [part, ...rest] = output;
  if (part === undefined) return leaf;
  const inner = withLeaf((value as Readonly<Record<string | number, unknown>>)[part], rest, leaf); // `leafOf` has been there
  if (Array.isArray(value)) return value.map((item: unknown, at) => (at === part ? inner : item));
  return { ...(value as object), [part]: inner };
}
