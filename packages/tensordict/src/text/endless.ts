/**
 * Whether lists and records hold themselves at any depth, or are nested deeper than anybody writes: to go through them would
 * have no end. Each is looked at once, however often it is held.
 *
 * @example
 * const list: unknown[] = [];
 * list.push(list);
 * isEndless(list); // => true
 */
export function isEndless(value: unknown): boolean {
  return goesOn(value, new Set(), new Set());
}

/** Deeper structures are of nobody's writing. */
const DEEPEST = 1000;

function goesOn(value: unknown, around: Set<unknown>, done: Set<unknown>): boolean {
  const parts = partsOf(value);
  if (parts === undefined) return false;
  if (done.has(value)) return false;
  if (around.has(value) || around.size > DEEPEST) return true;
  around.add(value);
  const found = parts.some((part) => goesOn(part, around, done));
  around.delete(value);
  done.add(value);
  return found;
}

/** What a list or a record without a class holds. */
function partsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : undefined;
}
