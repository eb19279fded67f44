import { packDocument } from "./errors.ts";

/** The text or tokens in a column. @throws FormatError `PACK_DOCUMENT`. */
export function contentOf(value: unknown, where: string, column: string): string | readonly number[] {
  if (typeof value === "string") return value;
  const list: unknown = ArrayBuffer.isView(value) ? Array.from(value as never) : value;
  if (!Array.isArray(list)) throw packDocument(where, `has no text and no tokens in the column "${column}"`);
  const tokens = list.map(Number); // Parquet gives 64-bit integers as bigint
  const bad = tokens.findIndex((token) => !Number.isSafeInteger(token) || token < 0 || token > 0x7fffffff);
  if (bad >= 0)
    throw packDocument(where, `has ${String(list[bad])} as token ${bad} in the column "${column}"`);
  return tokens;
}
