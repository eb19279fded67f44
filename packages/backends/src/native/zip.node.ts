import { createReadStream, createWriteStream, closeSync, openSync, readSync, statSync } from "node:fs";
import { Transform } from "node:stream";
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
  /** Whether it stands for a link to another file. */
  readonly isLink: boolean;
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

/** Writes one file of the archive to `target`, whose folder exists. */
export async function extractEntry(file: string, entry: ZipEntry, target: string): Promise<void> {
  const fd = openSync(file, "r");
  const header = readAt(fd, entry.headerAt, 30);
  closeSync(fd);
  const start = entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const source = createReadStream(file, { start, end: start + Math.max(entry.compressedSize, 1) - 1 });
  if (entry.compressedSize === 0) return await pipeline([], createWriteStream(target));
  const [limit, out] = [atMost(entry.size), createWriteStream(target)];
  if (entry.deflated) return await pipeline(source, createInflateRaw(), limit, out);
  return await pipeline(source, limit, out);
}

/**
 * Whether an entry's name leads, from the folder that it is unpacked into, to a place below that folder on every system: no
 * absolute path, drive, backslash, empty or dotted step, or control character.
 */
export function isSafeName(name: string): boolean {
  const steps = name.replace(/\/$/, "").split("/"); // a folder's name ends in a slash
  const hasOddCharacter = [...name].some((each) => "\\:\x7f".includes(each) || each < " ");
  return !hasOddCharacter && steps.every((step) => step !== "" && step !== "." && step !== "..");
}

/** Lets so many bytes pass and no more: what an entry says of its size may be a lie that fills the disk. */
function atMost(size: number): Transform {
  let left = size;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      left -= chunk.length;
      done(left < 0 ? Object.assign(new Error("longer than it says"), { code: TOO_LONG }) : null, chunk);
    },
  });
}

/** Named as Node names its own: the archive is damaged. */
const TOO_LONG = "ERR_ENTRY_SIZE";

// As Unix has them, in the upper half of the external attributes.
const FILE_TYPE = 0xf000;
const LINK = 0xa000;

/** How an entry of the directory begins: `PK` and two numbers. */
const ENTRY = 0x02014b50;
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

/** `undefined` where something else is in its place: the file was cut or changed. */
function readDirectory(bytes: Buffer, count: number): ZipEntry[] | undefined {
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (bytes.readUInt32LE(at) !== ENTRY) return undefined;
    const nameLength = bytes.readUInt16LE(at + 28);
    entries.push({
      name: bytes.toString("utf8", at + 46, at + 46 + nameLength),
      deflated: bytes.readUInt16LE(at + 10) === 8,
      compressedSize: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      headerAt: bytes.readUInt32LE(at + 42),
      isLink: (bytes.readUInt16LE(at + 40) & FILE_TYPE) === LINK,
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
