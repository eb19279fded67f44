import { type ByteSource, decodeUtf8, joinBytes } from "@hookdict/tensordict/io";
import { packDocument } from "./errors.ts";

/** Bytes that are read at a time. */
const CHUNK_BYTES = 1 << 20;

/** A line without its end, and its number from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/**
 * The lines of a file, however long, read a little at a time. **Ownership:** *borrows* the source.
 *
 * @throws FormatError `PACK_DOCUMENT` for bytes that are not UTF-8.
 */
export async function* linesOf(source: ByteSource, chunkBytes: number = CHUNK_BYTES): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let number = 0;
  const line = (end: Uint8Array): Line => {
    const bytes = joinBytes([...parts, end]);
    parts = [];
    number++;
    return { text: decode(bytes, `${source.name}:${number}`), number };
  };
  for (let at = 0; at < source.size; at += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, source.size - at));
    await source.readInto(chunk, at);
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield line(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield line(new Uint8Array());
}

/** The text of bytes. @throws FormatError `PACK_DOCUMENT`. */
export function decode(bytes: Uint8Array, where: string): string {
  try {
    const text = decodeUtf8(bytes);
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  } catch (cause) {
    throw packDocument(where, "is not UTF-8", cause);
  }
}
