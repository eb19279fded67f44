import { argumentInvalid } from "../values/arguments.ts";

/**
 * Bytes one behind the other. **Ownership:** *borrows*; a single part is given back as it is.
 *
 * @throws UsageError `ARGUMENT_INVALID`
 * @example
 * joinBytes([new Uint8Array([1]), new Uint8Array([2, 3])]).length; // => 3
 */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (!Array.isArray(parts) || !parts.every((part) => part instanceof Uint8Array))
    throw argumentInvalid("joinBytes", "parts", parts, "a list of Uint8Arrays");
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
