import { rowsDiffer, shardChanged } from "../file/errors.ts";
import { formatKey, formatSizes } from "../text/keys.ts";
import type { HostArray } from "../io/safetensors/decode.ts";
import { elementCount } from "../shape/sizes.ts";
import { encodeValue } from "../file/values.ts";
import type { HostLeaf, HostNumbers, HostTensorDict, HostValues } from "../host/host.ts";

/** Rows of a host copy: what its first batch dim counts. */
export function rowsOf(host: HostTensorDict): number {
  return host.batchSize[0] ?? 0;
}

/** Rows `start` to before `end`; numbers are views of the same memory. */
export function sliceRows(host: HostTensorDict, start: number, end: number): HostTensorDict {
  return sliceLeaf(host, start, end) as HostTensorDict; // a leaf's kind stays
}

function sliceLeaf(leaf: HostLeaf, start: number, end: number): HostLeaf {
  if (leaf.kind === "dict") {
    const leaves = [...leaf.leaves].map(([name, inner]) => [name, sliceLeaf(inner, start, end)] as const);
    return { ...leaf, batchSize: leaf.batchSize.with(0, end - start), leaves: new Map(leaves) };
  }
  if (leaf.shape === null) return leaf;
  const shape = leaf.shape.with(0, end - start);
  const size = elementCount(shape.slice(1));
  const [first, last] = [start * size, end * size];
  if (leaf.kind === "values") return { ...leaf, shape, items: leaf.items.slice(first, last) };
  if (leaf.kind === "strings") return { ...leaf, shape, data: leaf.data.slice(first, last) };
  const width = leaf.dtype === "complex64" ? 2 : 1;
  return { ...leaf, shape, data: leaf.data.subarray(first * width, last * width) };
}

/** Host copies one after the other. A value that is the same in all stays one value. */
export function catRows(hosts: readonly HostTensorDict[]): HostTensorDict {
  const [first] = hosts;
  return hosts.length === 1 && first !== undefined ? first : (catLeaves(hosts, hosts) as HostTensorDict);
}

function catLeaves(parts: readonly HostLeaf[], owners: readonly HostTensorDict[]): HostLeaf {
  const [first] = parts as readonly [HostLeaf]; // never called without
  const rows = owners.reduce((sum, owner) => sum + rowsOf(owner), 0);
  if (first.kind === "dict") {
    const dicts = parts as readonly HostTensorDict[]; // requireSameRows has compared the kinds
    const names = [...first.leaves.keys()];
    const leaves = names.map((name): [string, HostLeaf] => [
      name,
      catLeaves(
        dicts.map((dict) => dict.leaves.get(name) as HostLeaf),
        dicts,
      ),
    ]);
    return { kind: "dict", batchSize: first.batchSize.with(0, rows), leaves: new Map(leaves) };
  }
  if (first.kind === "values") return catValues(parts as readonly HostValues[], owners, rows);
  if (first.kind === "strings") {
    const data = parts.flatMap((part) => (part as typeof first).data);
    return { kind: "strings", shape: first.shape.with(0, rows), data };
  }
  const arrays = parts.map((part) => (part as HostNumbers).data);
  return { ...first, shape: first.shape.with(0, rows), data: concatenated(arrays) };
}

function catValues(
  parts: readonly HostValues[],
  owners: readonly HostTensorDict[],
  rows: number,
): HostValues {
  const [first] = parts as readonly [HostValues]; // never called without
  const same = JSON.stringify(encodeValue(first.items, []));
  const isOne = parts.every(
    ({ shape, items }) => shape === null && JSON.stringify(encodeValue(items, [])) === same,
  );
  if (isOne) return first;
  const batchSize = (owners[0]?.batchSize ?? []).with(0, rows);
  const perRow = parts.map((part, i) => repeated(part, owners[i]?.batchSize ?? []));
  const rest = perRow[0]?.shape?.slice(1) ?? batchSize.slice(1);
  return { kind: "values", shape: [rows, ...rest], items: perRow.flatMap(({ items }) => items) };
}

/** One value for every element of the batch where one held for all. */
function repeated(leaf: HostValues, batchSize: readonly number[]): HostValues {
  if (leaf.shape !== null) return leaf;
  const items = Array.from({ length: elementCount(batchSize) }, () => leaf.items[0]);
  return { kind: "values", shape: batchSize, items };
}

function concatenated(arrays: readonly HostArray[]): HostArray {
  const length = arrays.reduce((sum, array) => sum + array.length, 0);
  const [first] = arrays;
  const all =
    first instanceof Int32Array
      ? new Int32Array(length)
      : first instanceof Uint8Array
        ? new Uint8Array(length)
        : new Float32Array(length);
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/**
 * Throws unless rows can follow others: the same keys, kinds, dtypes, and shapes beyond the rows.
 *
 * @throws ShapeError `ROWS_DIFFER` naming every difference.
 */
export function requireSameRows(before: HostTensorDict, rows: HostTensorDict): void {
  const differences: string[] = [];
  compare(before, rows, [], differences);
  if (differences.length > 0) throw rowsDiffer(differences);
}

/** Throws unless rows of a file can follow others. @throws FormatError `SHARD_CHANGED`. */
export function requireAlikeRows(file: string, before: HostTensorDict, rows: HostTensorDict): void {
  const differences: string[] = [];
  compare(before, rows, [], differences);
  const [first] = differences;
  if (first !== undefined) throw shardChanged(file, `its rows are not like those before, since ${first}`);
}

function compare(
  before: HostTensorDict,
  rows: HostTensorDict,
  path: readonly string[],
  differences: string[],
): void {
  for (const name of rows.leaves.keys()) {
    if (!before.leaves.has(name)) differences.push(`${formatKey([...path, name])} is new`);
  }
  for (const [name, leaf] of before.leaves) {
    const at = [...path, name];
    const other = rows.leaves.get(name);
    if (other === undefined) differences.push(`${formatKey(at)} is missing`);
    else if (!fits(leaf, other)) {
      differences.push(`${formatKey(at)} is ${kindOf(other)}, not ${kindOf(leaf)}`);
    } else if (leaf.kind === "dict" && other.kind === "dict") compare(leaf, other, at, differences);
  }
}

function fits(leaf: HostLeaf, other: HostLeaf): boolean {
  return leaf.kind === other.kind && kindOf(leaf) === kindOf(other);
}

/** What of a leaf must be the same in all rows. */
function kindOf(leaf: HostLeaf): string {
  const rest = (shape: readonly number[]): string => formatSizes(["rows", ...shape.slice(1)]);
  if (leaf.kind === "dict") return `TensorDict ${rest(leaf.batchSize)}`;
  if (leaf.kind === "values") return "no tensor";
  return `${leaf.kind === "strings" ? "string" : leaf.dtype} ${rest(leaf.shape)}`;
}
