import { isPlainRecord } from "../values/structure.ts";
import { argumentInvalid } from "../values/arguments.ts";
import { joinBytes } from "./bytes.ts";
import { fileTruncated } from "./errors.ts";
import type { ByteSink, ByteSource, Directory } from "./source.ts";

/**
 * A source over bytes that are already in memory.
 *
 * **Ownership:** *borrows* `bytes`; later changes to them are seen.
 */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  if (!(bytes instanceof Uint8Array)) throw argumentInvalid("bytesSource", "bytes", bytes, "a Uint8Array");
  return {
    name,
    size: bytes.byteLength,
    async readInto(target, offset) {
      const end = offset + target.byteLength;
      if (end > bytes.byteLength) throw fileTruncated(name, end, bytes.byteLength);
      target.set(bytes.subarray(offset, end));
    },
    async close() {},
  };
}

/** A {@link Directory} in memory. */
export interface MemoryDirectory extends Directory {
  /** What it holds, by file name. */
  readonly files: Map<string, Uint8Array>;
}

/**
 * A directory that lives in memory: to read what a page already downloaded, and to write without a disk.
 *
 * **Ownership:** *takes* the arrays in `files`.
 *
 * @example
 * const directory = memoryDirectory("upload", { "config.json": encodeUtf8("{}") });
 * await directory.list(); // => ["config.json"]
 */
export function memoryDirectory(
  name: string,
  files: Readonly<Record<string, Uint8Array>> = {},
): MemoryDirectory {
  if (!isPlainRecord(files))
    throw argumentInvalid("memoryDirectory", "files", files, "byte arrays by file name");
  const held = new Map(Object.entries(files));
  return {
    name,
    files: held,
    async find(file) {
      const bytes = held.get(file);
      return bytes && bytesSource(`${name}/${file}`, bytes);
    },
    async create(file) {
      return memorySink(`${name}/${file}`, (bytes) => held.set(file, bytes));
    },
    async remove(file) {
      held.delete(file);
    },
    async list() {
      return [...held.keys()].sort();
    },
  };
}

function memorySink(name: string, done: (bytes: Uint8Array) => void): ByteSink {
  let parts: Uint8Array[] = [];
  return {
    name,
    async write(bytes) {
      parts.push(bytes.slice());
    },
    async commit() {
      done(joinBytes(parts));
      parts = [];
    },
    async abort() {
      parts = [];
    },
  };
}
