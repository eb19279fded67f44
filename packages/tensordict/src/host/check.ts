import { UsageError } from "../errors/base.ts";
import { formatKey } from "../text/keys.ts";
import { shown } from "../text/shown.ts";
import { MAX_DEPTH } from "../tree/keys.ts";

type Fields = Partial<Readonly<Record<string, unknown>>>;

/** Arrays that hold the numbers of each dtype. */
const ARRAYS: ReadonlyMap<unknown, new (length: number) => ArrayLike<number>> = new Map<
  unknown,
  new (length: number) => ArrayLike<number>
>([
  ["float32", Float32Array],
  ["int32", Int32Array],
  ["bool", Uint8Array],
  ["complex64", Float32Array],
]);

/** Throws unless a host copy, which may come from another thread or from anywhere, is whole. */
export function checkHostKinds(host: unknown, path: readonly string[]): void {
  const { kind, batchSize, leaves } = fieldsOf(host);
  if (kind !== "dict" || !isSizes(batchSize) || !(leaves instanceof Map) || path.length > MAX_DEPTH) {
    throw hostInvalid(path, host);
  }
  for (const [name, leaf] of leaves as ReadonlyMap<unknown, unknown>) {
    if (typeof name !== "string") throw hostInvalid(path, name);
    checkLeaf(leaf, [...path, name]);
  }
}

function checkLeaf(leaf: unknown, path: readonly string[]): void {
  const { kind, shape, dtype, data, items } = fieldsOf(leaf);
  if (kind === "dict") return checkHostKinds(leaf, path);
  if (kind === "values" && Array.isArray(items)) {
    if (shape === null ? items.length === 1 : isSizes(shape) && items.length === countOf(shape)) return;
  }
  if (kind === "strings" && isSizes(shape) && Array.isArray(data)) {
    if (data.length === countOf(shape) && data.every((item) => item instanceof Uint8Array)) return;
  }
  const array = ARRAYS.get(dtype);
  if (kind === "numbers" && isSizes(shape) && array !== undefined && data instanceof array) {
    if (data.length === countOf(shape) * (dtype === "complex64" ? 2 : 1)) return;
  }
  throw hostInvalid(path, leaf);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value : {}; // read with care
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Something else than a host copy, or one whose data are not as long as its shape says. */
function hostInvalid(path: readonly string[], got: unknown): UsageError {
  const place = path.length === 0 ? "" : ` at ${formatKey(path)}`;
  return new UsageError({
    code: "HOST_INVALID",
    what: `fromHost was given no host copy${place}, but ${shown(got)}.`,
    hint: "Give what toHost() made: each leaf with a kind, a shape, and as many data as that has elements.",
    fields: { key: path },
  });
}
