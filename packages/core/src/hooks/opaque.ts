import { isPlainRecord, isTensor, isTensorDict } from "@hookdict/tensordict";

/** Objects that hold no tensors. */
const PLAIN: readonly (abstract new (...args: never) => object)[] = [ArrayBuffer, Date, RegExp, Error];

/** The class of a value, or of one in it, whose tensors nobody can see; `undefined` where there is none. */
export function opaqueIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || isTensor(value) || isTensorDict(value)) return undefined;
  if (Array.isArray(value)) return firstOpaque(value);
  if (isPlainRecord(value)) return firstOpaque(Object.values(value));
  if (ArrayBuffer.isView(value) || PLAIN.some((known) => value instanceof known)) return undefined;
  return value.constructor.name;
}

function firstOpaque(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const found = opaqueIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
