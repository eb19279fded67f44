import {
  safetensorsDtype,
  safetensorsEntry,
  safetensorsOffsets,
  safetensorsOverlap,
  safetensorsRows,
  safetensorsHole,
  safetensorsSize,
} from "./errors.ts";
import { DTYPES, type SafetensorsDtype, isSafetensorsDtype } from "./dtypes.ts";

/** One tensor of a safetensors file, as its header describes it: checked, not read. */
export interface TensorEntry {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Where its bytes begin, counted from the beginning of the file. */
  readonly offset: number;
  /** How many bytes it has in the file. */
  readonly bytes: number;
}

/** Where the data of a file lies. */
export interface DataRange {
  readonly file: string;
  /** First byte of the data, counted from the beginning of the file. */
  readonly start: number;
  readonly bytes: number;
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Rows `start` to `start + count` of a tensor, as an entry of their own; rows are what the first axis counts. */
export function entryRows(entry: TensorEntry, start: number, count: number): TensorEntry {
  const [rows = 1, ...rest] = entry.shape;
  const bytes = elementCount(rest) * DTYPES[entry.dtype].bytes;
  if (!isSizes([start, count]) || start + count > rows)
    throw safetensorsRows(entry.file, entry.name, start, count, rows);
  return { ...entry, shape: [count, ...rest], offset: entry.offset + start * bytes, bytes: count * bytes };
}

/** Checks one value of the header and makes an entry of it. */
export function parseEntry(name: string, value: unknown, data: DataRange): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = requireRecord(name, value, data.file);
  if (!isSizes(shape)) throw safetensorsEntry(data.file, name, "shape", shape);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw safetensorsEntry(data.file, name, "data_offsets", offsets);
  if (!isSafetensorsDtype(dtype)) throw safetensorsDtype(data.file, name, dtype, Object.keys(DTYPES));
  // isSizes and the length say that both are there.
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > data.bytes) throw safetensorsOffsets(data.file, name, offsets, data.bytes);
  const bytes = elementCount(shape) * DTYPES[dtype].bytes;
  if (bytes !== end - begin) throw safetensorsSize(data.file, name, dtype, shape, end - begin);
  return Object.freeze({
    file: data.file,
    name,
    dtype,
    shape: Object.freeze(shape),
    offset: data.start + begin,
    bytes,
  });
}

/** Checks that the entries cover the data from its first byte to its last, each byte once. */
export function checkCoverage(entries: Iterable<TensorEntry>, data: DataRange): void {
  // A tensor without elements has no byte to share.
  const sorted = [...entries].filter(({ bytes }) => bytes > 0).sort((a, b) => a.offset - b.offset);
  let end = data.start;
  let previous: TensorEntry | undefined;
  for (const entry of sorted) {
    if (entry.offset < end) {
      const shared = Math.min(end, entry.offset + entry.bytes) - entry.offset;
      throw safetensorsOverlap(data.file, previous?.name ?? "", entry.name, shared);
    }
    if (entry.offset > end) throw safetensorsHole(data.file, end, entry.offset, entry.name);
    end = entry.offset + entry.bytes;
    previous = entry;
  }
  const last = data.start + data.bytes;
  if (end !== last) throw safetensorsHole(data.file, end, last, undefined);
}

function requireRecord(name: string, value: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    // An object that JSON.parse made has string keys.
    return value as Readonly<Record<string, unknown>>;
  }
  throw safetensorsEntry(file, name, "entry", value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
