import { type ByteSource, joinBytes } from "@hookdict/tensordict/io";

interface Platform {
  readonly crypto: { readonly subtle: { digest(name: string, bytes: Uint8Array): Promise<ArrayBuffer> } };
}

/** SHA-256 of bytes in parts, as 64 hex digits. The platform hashes whole arrays, so the parts are joined. */
export async function sha256(parts: Iterable<Uint8Array>): Promise<string> {
  const { crypto } = globalThis as unknown as Platform; // the compiler's libraries do not say so
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", joinBytes([...parts])));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 of a file, which is read whole. **Ownership:** *borrows* the source. */
export async function sha256Of(source: ByteSource): Promise<string> {
  const bytes = new Uint8Array(source.size);
  await source.readInto(bytes, 0);
  return sha256([bytes]);
}
