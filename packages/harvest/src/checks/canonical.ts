import { encodeUtf8 } from "@hookdict/tensordict/io";

/**
 * JSON with sorted keys, one space of indent and a line end: the same value gives the same bytes everywhere.
 *
 * @param value Plain data.
 */
export function canonicalJson(value: unknown): Uint8Array {
  return encodeUtf8(`${JSON.stringify(sorted(value), null, 1)}\n`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
