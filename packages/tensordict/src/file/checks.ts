import { savedTree } from "./errors.ts";

/** A value of a file as a record. @throws FormatError `SAVED_TREE`. */
export function recordAt(
  value: unknown,
  file: string,
  path: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw savedTree(file, path, "a record is missing");
  }
  return value as Readonly<Record<string, unknown>>; // what JSON.parse makes has string keys
}

/** Whether a value of a file is a list of sizes. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
