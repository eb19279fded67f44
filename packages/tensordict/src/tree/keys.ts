import { keyEmpty, keyInvalid, keyTooDeep } from "./errors.ts";

/**
 * Where a value lies: a string for one level, an array of strings for nested ones. Any string will do: dots, slashes,
 * the empty string and names such as `__proto__` are ordinary.
 */
export type Key = string | readonly string[];

/** Deepest nesting of a TensorDict: what walks a tree may recurse. */
export const MAX_DEPTH = 100;

/**
 * The names of a key, outermost first.
 *
 * @throws KeyError `KEY_INVALID`, `KEY_EMPTY`, `KEY_TOO_DEEP`.
 */
export function keyPath(key: unknown): readonly string[] {
  if (typeof key === "string") return [key];
  if (!Array.isArray(key)) throw keyInvalid(key);
  if (key.length === 0) throw keyEmpty();
  if (key.length > MAX_DEPTH) throw keyTooDeep(key.length, MAX_DEPTH);
  const names: readonly unknown[] = key;
  for (const name of names) if (typeof name !== "string") throw keyInvalid(key);
  return key as readonly string[]; // checked above
}

/** A path as a key: one name as a plain string. */
export function pathKey(path: readonly string[]): Key {
  const [only] = path;
  return path.length === 1 && only !== undefined ? only : path;
}
