import { toBase64 } from "../description/base64.ts";
import type { Description } from "../description/types.ts";

/** What a page's script has in place of `render/written.ts`: every number as the page has it, keys as they come. */
export function written(d: Description): string {
  return JSON.stringify(d, (_, value: unknown) => {
    if (value instanceof Float32Array)
      return { f32: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    return typeof value === "number" && !Number.isFinite(value) ? { number: String(value) } : value;
  });
}
