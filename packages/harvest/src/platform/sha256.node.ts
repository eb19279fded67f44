import { createHash } from "node:crypto";
import type { ByteSource } from "@hookdict/tensordict/io";

/** SHA-256 of bytes in parts, as 64 hex digits. */
export async function sha256(parts: Iterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

const CHUNK_BYTES = 4 << 20;

/** SHA-256 of a file, read a little at a time. **Ownership:** *borrows* the source. */
export async function sha256Of(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, source.size));
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    const part = chunk.subarray(0, Math.min(CHUNK_BYTES, source.size - at));
    await source.readInto(part, at);
    hash.update(part);
  }
  return hash.digest("hex");
}
