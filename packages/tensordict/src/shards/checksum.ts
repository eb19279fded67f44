import type { ByteSource } from "../io/source.ts";

// xxHash32 (Yann Collet, https://github.com/Cyan4973/xxHash): no protection against who means harm, and fast enough to
// look at every byte that is read. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md

const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

/** Bytes that are read at a time; a multiple of a stripe. */
const CHUNK_BYTES = 1 << 20;
const STRIPE = 16;

/** xxHash32 of a whole file as eight hexadecimal digits. **Ownership:** borrows the source. */
export async function checksumOf(source: ByteSource): Promise<string> {
  const lanes = new Int32Array([P1 + P2, P2, 0, -P1]);
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, source.size));
  let rest = buffer.subarray(0, 0);
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    const chunk = buffer.subarray(0, Math.min(CHUNK_BYTES, source.size - at));
    await source.readInto(chunk, at);
    const whole = chunk.byteLength - (chunk.byteLength % STRIPE);
    stripes(new DataView(buffer.buffer, 0, whole), lanes);
    rest = chunk.subarray(whole);
  }
  return finish(lanes, source.size, rest).toString(16).padStart(8, "0");
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, P2)) | 0, 13), P1);
}

function stripes(view: DataView, lanes: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = lanes;
  for (let at = 0; at < view.byteLength; at += STRIPE) {
    a = round(a, view.getInt32(at, true));
    b = round(b, view.getInt32(at + 4, true));
    c = round(c, view.getInt32(at + 8, true));
    d = round(d, view.getInt32(at + 12, true));
  }
  lanes.set([a, b, c, d]);
}

function finish(lanes: Int32Array, size: number, rest: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = lanes;
  let hash = size >= STRIPE ? rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18) : P5;
  hash = (hash + size) | 0;
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  let at = 0;
  for (; at + 4 <= rest.byteLength; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(view.getInt32(at, true), P3)) | 0, 17), P4);
  }
  for (; at < rest.byteLength; at++) {
    hash = Math.imul(rotate((hash + Math.imul(view.getUint8(at), P5)) | 0, 11), P1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
