import { checkSource } from "../check.ts";
import {
  safetensorsHeaderJson,
  safetensorsHeaderLength,
  safetensorsMetadata,
  safetensorsTooShort,
} from "./errors.ts";
import { parseJson } from "../json.ts";
import { decodeUtf8 } from "../platform.ts";
import { refuseForeign, TELLING_BYTES } from "../foreign.ts";
import type { ByteSource } from "../source.ts";
import { type DataRange, type TensorEntry, checkCoverage, parseEntry } from "./entry.ts";

/** What the header of a safetensors file says, checked. */
export interface SafetensorsHeader {
  /** Name of the file, for messages. */
  readonly file: string;
  /** Tensors by name, in the order of the header. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** The file's own notes (`__metadata__`), by name. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Longest header that is read, as in the reference implementation: 100 MB. */
export const MAX_HEADER_BYTES = 100_000_000;

const PREFIX_BYTES = 8;
const METADATA = "__metadata__";

/**
 * Reads the header of a safetensors file and checks all of it: every tensor that it lists is there, whole, with a known
 * element type and as many bytes as its shape says; no two share a byte and no byte belongs to none. Memory is taken for
 * the header alone.
 *
 * **Ownership:** *borrows* `source`.
 *
 * @throws FormatError `SAFETENSORS_*` or `JSON_*`, naming the file and the tensor.
 * @see https://github.com/huggingface/safetensors#format
 *
 * @example
 * const source = await openSource("ioi-tiny/model.safetensors");
 * const header = await readHeader(source);
 * header.entries.get("transformer.wte.weight")?.shape; // => [103, 128]
 * await source.close();
 */
export async function readHeader(source: ByteSource): Promise<SafetensorsHeader> {
  checkSource("readHeader", source);
  const length = await readHeaderLength(source);
  const text = await readHeaderText(source, length);
  const { [METADATA]: metadata, ...tensors } = requireObject(parseJson(text, source.name), source.name);
  const start = PREFIX_BYTES + length;
  const data: DataRange = { file: source.name, start, bytes: source.size - start };
  const entries = new Map(
    Object.entries(tensors).map(([name, value]) => [name, parseEntry(name, value, data)]),
  );
  checkCoverage(entries.values(), data);
  return { file: source.name, entries, metadata: parseMetadata(metadata, source.name) };
}

async function readHeaderLength(source: ByteSource): Promise<number> {
  if (source.size < PREFIX_BYTES) throw safetensorsTooShort(source.name, source.size);
  const prefix = new Uint8Array(PREFIX_BYTES);
  await source.readInto(prefix, 0);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  const most = Math.min(MAX_HEADER_BYTES, source.size - PREFIX_BYTES);
  if (length > BigInt(most)) {
    const beginning = new Uint8Array(Math.min(TELLING_BYTES, source.size));
    await source.readInto(beginning, 0);
    refuseForeign(source.name, beginning);
    throw safetensorsHeaderLength(source.name, length, source.size, MAX_HEADER_BYTES);
  }
  return Number(length);
}

async function readHeaderText(source: ByteSource, length: number): Promise<string> {
  const bytes = new Uint8Array(length);
  await source.readInto(bytes, PREFIX_BYTES);
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw safetensorsHeaderJson(source.name, "is not UTF-8", cause);
  }
}

function requireObject(value: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw safetensorsHeaderJson(file, "is not a JSON object", undefined);
  }
  // An object that JSON.parse made has string keys.
  return value as Readonly<Record<string, unknown>>;
}

function parseMetadata(value: unknown, file: string): ReadonlyMap<string, string> {
  const notes = new Map<string, string>();
  if (value === undefined || value === null) return notes; // Python's reader takes null, too
  for (const [name, note] of Object.entries(requireObject(value, file))) {
    if (typeof note !== "string") throw safetensorsMetadata(file, name, note);
    notes.set(name, note);
  }
  return notes;
}
