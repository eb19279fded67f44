import { bytesSource, type ByteSource, encodeUtf8 } from "@hookdict/tensordict/io";

/** Bytes of a safetensors file: a header (a text, or a value that is written as JSON) and its data. */
export function safetensorsBytes(header: unknown, data: Uint8Array | number = 0): Uint8Array {
  const text = encodeUtf8(typeof header === "string" ? header : JSON.stringify(header));
  const values = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.byteLength + values.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  bytes.set(values, 8 + text.byteLength);
  return bytes;
}

/** The same as a source named `a.safetensors`. */
export function safetensorsSource(header: unknown, data: Uint8Array | number = 0): ByteSource {
  return bytesSource("a.safetensors", safetensorsBytes(header, data));
}
