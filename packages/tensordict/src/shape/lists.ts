import type { Tensor } from "@tensorflow/tfjs-core";
import { sameSizes } from "../tree/node.ts";
import { isEndless } from "../text/endless.ts";
import { isTensor } from "../values/structure.ts";
import { indexInvalid } from "./errors.ts";

/** Nested lists of numbers or booleans. */
export type NestedList<T> = readonly (T | NestedList<T>)[];

interface ReadList {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number> & { entries(): IterableIterator<[number, number]> };
}

/** An index as shape and numbers: whole numbers or booleans. */
export function readIndex(given: Tensor | NestedList<number | boolean>, dim: number): ReadList {
  if (isEndless(given)) throw indexInvalid(given, dim, "holds itself, so it is no index");
  let first: unknown = given;
  while (Array.isArray(first)) first = (first as readonly unknown[])[0];
  const read = readList(given, typeof first === "boolean" ? "bool" : "int32", dim);
  if (read.dtype !== "int32" && read.dtype !== "bool") {
    throw indexInvalid(given, dim, "holds no whole numbers and no booleans, so it is no index");
  }
  return read;
}

/** Shape and numbers of an index or mask; a tensor is read with `dataSync`. */
export function readList(
  given: Tensor | NestedList<number | boolean>,
  dtype: "bool" | "int32",
  dim = 0,
): ReadList {
  if (isTensor(given)) {
    if (given.isDisposed) throw indexInvalid(given, dim, "is disposed, so it is no index");
    return { shape: given.shape, dtype: given.dtype, values: given.dataSync() };
  }
  if (!Array.isArray(given)) throw indexInvalid(given, dim);
  if (isEndless(given)) throw indexInvalid(given, dim, "holds itself, so it is no index");
  const items: number[] = [];
  const shape = shapeOf(given, dtype === "bool" ? "boolean" : "number", items);
  if (shape === undefined)
    throw indexInvalid(given, dim, "is not a list of indices of one shape, so it is no index");
  return { shape, dtype, values: items };
}

/** The shape of nested lists, whose items are collected; `undefined` where they are not even, or hold something else. */
function shapeOf(
  list: readonly unknown[],
  kind: "boolean" | "number",
  items: number[],
): readonly number[] | undefined {
  const shapes = list.map((item) => {
    if (Array.isArray(item)) return shapeOf(item as readonly unknown[], kind, items);
    if (typeof item !== kind) return undefined;
    items.push(Number(item));
    return [];
  });
  const [first] = shapes;
  if (list.length === 0) return [0];
  const isEven =
    first !== undefined && shapes.every((shape) => shape !== undefined && sameSizes(shape, first));
  return isEven ? [list.length, ...first] : undefined;
}
