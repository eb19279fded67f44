import {
  safetensorsWriteBytes,
  safetensorsWriteHeader,
  safetensorsWriteName,
  safetensorsWriteText,
} from "./errors.ts";
import { openSink } from "../location.ts";
import { type UrlLike, encodeUtf8 } from "../platform.ts";
import type { ByteSink } from "../source.ts";
import { argumentInvalid } from "../../values/arguments.ts";
import { DTYPES, isSafetensorsDtype, type SafetensorsDtype } from "./dtypes.ts";
import { elementCount } from "./entry.ts";
import { MAX_HEADER_BYTES } from "./header.ts";

/** One tensor to write. */
export interface SafetensorsItem {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** The elements as they are in the file, or a function that makes them when their turn has come. */
  readonly data: ArrayBufferView | (() => ArrayBufferView | Promise<ArrayBufferView>);
}

/** Options of {@link writeSafetensors}. */
export interface WriteSafetensorsOptions {
  /** The file's own notes (`__metadata__`): strings by name. */
  readonly metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
}

/** Bytes handed to the sink at a time. */
const CHUNK_BYTES = 1 << 22;

/**
 * Writes a safetensors file, one tensor after the other: at most one tensor that a function makes is in memory. The
 * file appears when all of it is written; when anything fails, what was there before is still there.
 *
 * **Ownership:** *borrows* the items' data until the promise settles.
 *
 * @throws UsageError `SAFETENSORS_WRITE_NAME` for a name given twice or reserved, `SAFETENSORS_WRITE_BYTES` for data
 * that are not as long as shape and element type say, `SAFETENSORS_WRITE_TEXT` for a name that is no Unicode text,
 * `SAFETENSORS_WRITE_HEADER` for more names and notes than readers take.
 *
 * @example
 * const data = new Float32Array([1, 2]);
 * await writeSafetensors("a.safetensors", [{ name: "a", dtype: "F32", shape: [2], data }]);
 */
export async function writeSafetensors(
  to: string | UrlLike | ByteSink,
  items: Iterable<SafetensorsItem>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const named = checkItems(items);
  const sink = await openSink(to);
  try {
    // Wide elements first: then every tensor begins at a multiple of its element size, as readers that map files like.
    const laid = [...named].sort((a, b) => DTYPES[b.dtype].bytes - DTYPES[a.dtype].bytes);
    await sink.write(encodeHeader(sink.name, named, laid, options));
    for (const item of laid) await writeItem(sink, item);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** The items as a list, each as its type says. */
function checkItems(items: unknown): SafetensorsItem[] {
  const isList = typeof items === "object" && items !== null && Symbol.iterator in items;
  if (!isList) throw argumentInvalid("writeSafetensors", "items", items, "a list of tensors");
  const named = [...(items as Iterable<unknown>)];
  for (const item of named)
    if (!isItem(item)) throw argumentInvalid("writeSafetensors", "an item", item, WANTED);
  return named as SafetensorsItem[]; // checked the line above
}

const WANTED = "{ name, dtype, shape, data }";

function isItem(item: unknown): item is SafetensorsItem {
  if (typeof item !== "object" || item === null) return false;
  const { name, dtype, shape, data } = item as Readonly<Record<string, unknown>>;
  return (
    typeof name === "string" &&
    isSafetensorsDtype(dtype) &&
    Array.isArray(shape) &&
    shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0) &&
    (typeof data === "function" || ArrayBuffer.isView(data))
  );
}

function encodeHeader(
  file: string,
  named: readonly SafetensorsItem[],
  laid: readonly SafetensorsItem[],
  options: WriteSafetensorsOptions,
): Uint8Array {
  checkNames(file, named);
  const offsets = new Map<SafetensorsItem, readonly [number, number]>();
  let at = 0;
  for (const item of laid) offsets.set(item, [at, (at += itemBytes(item))]);
  const entries = named.map((item): [string, unknown] => [
    item.name,
    { dtype: item.dtype, shape: item.shape, data_offsets: offsets.get(item) },
  ]);
  const metadata = options.metadata instanceof Map ? Object.fromEntries(options.metadata) : options.metadata;
  const all =
    metadata === undefined ? entries : [["__metadata__", metadata] as [string, unknown], ...entries];
  const header = encodeUtf8(JSON.stringify(Object.fromEntries(all)));
  if (header.byteLength > MAX_HEADER_BYTES) {
    throw safetensorsWriteHeader(file, header.byteLength, MAX_HEADER_BYTES);
  }
  return frame(header);
}

/** Length, header, and spaces up to a multiple of eight. */
function frame(header: Uint8Array): Uint8Array {
  const length = Math.min(Math.ceil(header.byteLength / 8) * 8, MAX_HEADER_BYTES);
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(header, 8);
  return bytes;
}

function checkNames(file: string, items: readonly SafetensorsItem[]): void {
  const seen = new Set(["__metadata__", "__proto__", "constructor", "prototype"]);
  for (const { name } of items) {
    if (/\p{Surrogate}/u.test(name)) throw safetensorsWriteText(file, name);
    if (seen.has(name)) throw safetensorsWriteName(file, name);
    seen.add(name);
  }
}

function itemBytes(item: SafetensorsItem): number {
  return elementCount(item.shape) * DTYPES[item.dtype].bytes;
}

async function writeItem(sink: ByteSink, item: SafetensorsItem): Promise<void> {
  const data = typeof item.data === "function" ? await item.data() : item.data;
  const want = itemBytes(item);
  if (data.byteLength !== want) throw safetensorsWriteBytes(sink.name, item.name, want, data.byteLength);
  for (let at = 0; at < want; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, want - at);
    await sink.write(new Uint8Array(data.buffer, data.byteOffset + at, length));
  }
}
