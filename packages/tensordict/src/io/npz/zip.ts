import { refuseForeign, TELLING_BYTES } from "../foreign.ts";
import type { ByteSource } from "../source.ts";
import { npzArchive, npzMember } from "./errors.ts";

// Just enough of the ZIP format (PKWARE APPNOTE 6.3.9) to find the members of an archive, ZIP64's sizes included.

/** A member of an archive: where its bytes are, and whether they are deflated. */
export interface ZipMember {
  readonly name: string;
  readonly isDeflated: boolean;
  /** Where its bytes begin, counted from the beginning of the file. */
  readonly offset: number;
  /** How many bytes it has in the file, and when it is unpacked. */
  readonly packed: number;
  readonly size: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
/** A comment of 65,535 bytes may follow the end. */
const LONGEST_END = END_BYTES + 0xffff;
/** Longest directory that is read. */
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;

/** The members of an archive. **Ownership:** *borrows* the source. @throws FormatError `NPZ_ARCHIVE`, `NPZ_MEMBER` */
export async function zipMembers(source: ByteSource): Promise<ZipMember[]> {
  const { at, bytes, count } = await findDirectory(source);
  if (bytes > MAX_DIRECTORY_BYTES || at + bytes > source.size)
    throw npzArchive(
      source.name,
      `its directory of ${bytes} bytes at ${at} does not fit into ${source.size}`,
    );
  const directory = await read(source, at, bytes);
  const members: ZipMember[] = [];
  for (let place = 0, done = 0; done < count; done++) {
    if (place + 46 > bytes || directory.getUint32(place, true) !== CENTRAL)
      throw npzArchive(source.name, `its directory ends after ${done} of ${count} members`);
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(place + field, true)) as [
      number,
      number,
      number,
    ];
    const next = place + 46 + name + extra + comment;
    if (next > bytes) throw npzArchive(source.name, `its directory ends within member ${done}`);
    members.push(await member(source, directory, place, { name, extra }));
    place = next;
  }
  return members;
}

async function read(source: ByteSource, offset: number, bytes: number): Promise<DataView> {
  const target = new Uint8Array(bytes);
  await source.readInto(target, offset);
  return new DataView(target.buffer);
}

interface Directory {
  readonly at: number;
  readonly bytes: number;
  readonly count: number;
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const { size, name } = source;
  const start = Math.max(0, size - LONGEST_END);
  const tail = await read(source, start, size - start);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (
      tail.getUint32(at, true) !== END ||
      at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength
    )
      continue;
    const found = {
      at: tail.getUint32(at + 16, true),
      bytes: tail.getUint32(at + 12, true),
      count: tail.getUint16(at + 10, true),
    };
    const isLarge = found.count === 0xffff || found.at === 0xffffffff || found.bytes === 0xffffffff;
    return isLarge ? largeDirectory(source, start + at) : found;
  }
  const beginning = await read(source, 0, Math.min(TELLING_BYTES, size));
  const isZip = size >= 4 && beginning.getUint32(0, true) === LOCAL;
  if (!isZip) refuseForeign(name, new Uint8Array(beginning.buffer));
  throw npzArchive(name, `has no directory of members at its end: it is no zip archive, or not all of one`);
}

async function largeDirectory(source: ByteSource, end: number): Promise<Directory> {
  const broken = (): Error => npzArchive(source.name, "has a ZIP64 directory that cannot be found");
  if (end < 20) throw broken();
  const locator = await read(source, end - 20, 20);
  const at = whole(locator, 8);
  if (locator.getUint32(0, true) !== LOCATOR_64 || at + 56 > source.size) throw broken();
  const record = await read(source, at, 56);
  if (record.getUint32(0, true) !== END_64) throw broken();
  return { count: whole(record, 32), bytes: whole(record, 40), at: whole(record, 48) };
}

/** A number of 64 bits; what a number cannot hold is larger than any file, so that it is refused as such. */
function whole(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

async function member(
  source: ByteSource,
  view: DataView,
  at: number,
  lengths: { readonly name: number; readonly extra: number },
): Promise<ZipMember> {
  const bytes = new Uint8Array(view.buffer, at + 46, lengths.name);
  const name = String.fromCharCode(...bytes.subarray(0, 512));
  const refuse = (problem: string): Error => npzMember(source.name, name, problem);
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  if ((flags & 1) !== 0) throw refuse("is encrypted");
  if (method !== 0 && method !== 8) throw refuse(`is packed by method ${method}, not stored or deflated`);
  const { size, packed, header } = sizesOf(view, at, lengths, refuse);
  if (header + 30 > source.size) throw refuse(`begins at ${header}, outside of the file`);
  const local = await read(source, header, 30);
  if (local.getUint32(0, true) !== LOCAL) throw refuse(`does not begin at ${header}, as the directory says`);
  const offset = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (offset + packed > source.size) throw refuse(`ends at ${offset + packed}, outside of the file`);
  if (method === 0 && packed !== size) throw refuse(`is stored in ${packed} bytes and has ${size}`);
  return { name, isDeflated: method === 8, offset, packed, size };
}

function sizesOf(
  view: DataView,
  at: number,
  { name, extra }: { readonly name: number; readonly extra: number },
  refuse: (problem: string) => Error,
): { readonly size: number; readonly packed: number; readonly header: number } {
  const found = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  const end = at + 46 + name + extra;
  // ZIP64: what does not fit stands in the extra field 1, in this order.
  for (let place = at + 46 + name; place + 4 <= end;) {
    const [id, length] = [view.getUint16(place, true), view.getUint16(place + 2, true)];
    if (id === 1) {
      let next = place + 4;
      for (const [i, value] of found.entries()) {
        if (value !== 0xffffffff) continue;
        if (next + 8 > Math.min(place + 4 + length, end)) throw refuse("lacks a size of 64 bits");
        found[i] = whole(view, next);
        next += 8;
      }
    }
    place += 4 + length;
  }
  const [size = 0, packed = 0, header = 0] = found;
  return { size, packed, header };
}
