import { createReadStream, createWriteStream, closeSync, openSync, readSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";

// Just enough of the ZIP format (PKWARE APPNOTE 6.3.9, without ZIP64 and encryption) to take files out of a wheel.

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerAt: number;
}

/** The files of an archive; `undefined` where the file is none. */
export function listZip(file: string): ZipEntry[] | undefined {
  const fd = openSync(file, "r");
  try {
    const end = findEnd(fd, statSync(file).size);
    if (end === undefined) return undefined;
    return readDirectory(readAt(fd, end.at, end.size), end.count);
  } finally {
    closeSync(fd);
  }
}

/** Writes one file of the archive to `target`, making its folder. */
export async function extractEntry(file: string, entry: ZipEntry, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const fd = openSync(file, "r");
  const header = readAt(fd, entry.headerAt, 30);
  closeSync(fd);
  const start = entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const source = createReadStream(file, { start, end: start + Math.max(entry.compressedSize, 1) - 1 });
  if (entry.compressedSize === 0) return await pipeline([], createWriteStream(target));
  if (entry.deflated) return await pipeline(source, createInflateRaw(), createWriteStream(target));
  return await pipeline(source, createWriteStream(target));
}

const END_SIZE = 22;
const MAX_COMMENT = 0xffff;

function findEnd(fd: number, size: number): { count: number; size: number; at: number } | undefined {
  const length = Math.min(size, END_SIZE + MAX_COMMENT);
  const tail = readAt(fd, size - length, length);
  const at = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (at < 0) return undefined;
  return {
    count: tail.readUInt16LE(at + 10),
    size: tail.readUInt32LE(at + 12),
    at: tail.readUInt32LE(at + 16),
  };
}

function readDirectory(bytes: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    const nameLength = bytes.readUInt16LE(at + 28);
    entries.push({
      name: bytes.toString("utf8", at + 46, at + 46 + nameLength),
      deflated: bytes.readUInt16LE(at + 10) === 8,
      compressedSize: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      headerAt: bytes.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, position);
  return bytes;
}
