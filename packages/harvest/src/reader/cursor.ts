import { parseJson } from "@hookdict/tensordict/io";
import { cursorInvalid } from "./errors.ts";

/** Where batches stand: a window, and how many of its units were looked at. */
export interface Place {
  readonly window: number;
  readonly unit: number;
}

/** A cursor as text. `key` tells harvest, items and options. */
export function writeCursor(key: string, { window, unit }: Place): string {
  return JSON.stringify({ v: 1, key, window, unit });
}

/** @throws UsageError `HARVEST_CURSOR` */
export function readCursor(key: string, cursor: unknown): Place {
  if (typeof cursor !== "string" || cursor.length > 1000) throw cursorInvalid(cursor);
  let given: unknown;
  try {
    given = parseJson(cursor, "cursor");
  } catch {
    throw cursorInvalid(cursor);
  }
  const { v, key: theirs, window, unit } = (given ?? {}) as Readonly<Record<string, unknown>>; // each is checked
  const isPlace = [window, unit].every((number) => Number.isSafeInteger(number) && (number as number) >= 0);
  if (v !== 1 || theirs !== key || !isPlace) throw cursorInvalid(cursor);
  return { window: window as number, unit: unit as number };
}
