import { modelFrozen } from "./errors.ts";

/**
 * Puts an own property over a method, and returns what takes it off again: the object is then as before, without an own
 * property where it had none. If somebody has put another property over ours since, theirs stays; if the object has
 * been frozen, ours.
 *
 * @throws UsageError `MODEL_FROZEN`
 */
export function patchMethod(object: object, name: string, replacement: unknown): () => void {
  if (!Object.isExtensible(object)) throw modelFrozen(nameOf(object));
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, {
    value: replacement,
    configurable: true,
    writable: true,
    enumerable: false, // so that a walk over the layer's fields sees what it saw before
  });
  return () => {
    if (Reflect.get(object, name) !== replacement) return;
    if (before === undefined) Reflect.deleteProperty(object, name);
    else Reflect.defineProperty(object, name, before);
  };
}

export type Method = (this: object, ...args: unknown[]) => unknown;

/** Wraps a method, if the object has it: another version of tfjs-layers may lack it. Returns what unwraps it. */
export function patch(object: object, name: string, wrap: (original: Method) => Method): () => void {
  const original: unknown = Reflect.get(object, name);
  if (typeof original !== "function") return () => undefined;
  return patchMethod(object, name, wrap(original as Method)); // just checked
}

/** A layer by its name, another object by its class's. */
function nameOf(object: object): string {
  return "name" in object && typeof object.name === "string" ? object.name : object.constructor.name;
}
