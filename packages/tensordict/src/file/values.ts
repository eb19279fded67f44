import { typeName } from "../errors/type-name.ts";
import { savedTree, saveValue } from "./errors.ts";

const FORBIDDEN: ReadonlySet<string> = new Set(["$", "__proto__", "constructor", "prototype"]);

/**
 * A value as JSON can hold it. What JSON cannot tell becomes `{ "$": kind, "of": ... }`: bigints, dates, numbers that
 * are not finite, minus zero, and records with a key that JSON readers refuse.
 *
 * @throws UsageError `SAVE_VALUE` naming the key.
 */
export function encodeValue(value: unknown, path: readonly string[]): unknown {
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $: "number", of: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (typeof value === "bigint") return { $: "bigint", of: String(value) };
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value !== "object")
    throw saveValue(path, value === undefined ? "undefined" : `a ${typeof value}`);
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => encodeValue(item, path));
  if (value instanceof Date && Number.isNaN(value.getTime())) throw saveValue(path, "an invalid Date");
  if (value instanceof Date) return { $: "date", of: value.getTime() };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw saveValue(path, `a ${typeName(value)}`);
  }
  const entries = Object.entries(value).map(([key, item]) => [key, encodeValue(item, path)] as const);
  return entries.some(([key]) => FORBIDDEN.has(key))
    ? { $: "record", of: entries }
    : Object.fromEntries(entries);
}

/** The reverse of {@link encodeValue}. @throws FormatError `SAVED_TREE`. */
export function decodeValue(value: unknown, path: readonly string[], file: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => decodeValue(item, path, file));
  if (!("$" in value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, decodeValue(item, path, file)]),
    );
  }
  const { $: kind, of } = value as { $: unknown; of?: unknown };
  if (kind === "number" && typeof of === "string" && NUMBERS.has(of)) return NUMBERS.get(of);
  if (kind === "bigint" && typeof of === "string" && /^-?\d+$/.test(of)) return BigInt(of);
  if (kind === "date" && typeof of === "number") return new Date(of);
  if (kind === "record" && Array.isArray(of) && of.every(isEntry)) {
    return Object.fromEntries(of.map(([key, item]) => [key, decodeValue(item, path, file)]));
  }
  throw savedTree(file, path, `there is no value of the kind ${JSON.stringify(kind)}`);
}

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

function isEntry(entry: unknown): entry is readonly [string, unknown] {
  return Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string";
}
