import { memory } from "@tensorflow/tfjs-core";
import { isTensor } from "@hookdict/tensordict";
import { MODULE } from "../../modules/brand.ts";
import { resolveTarget } from "../../targets/resolve.ts";
import type { Hookable } from "../../targets/target.ts";

/** What must be as before when a context has ended: hooks, properties and weights of a model, and the tensor count. */
export interface Snapshot {
  readonly hooks: number;
  readonly tensors: number;
  /** Own properties of the model, its submodules and layers, by path, and those of their classes. */
  readonly properties: ReadonlyMap<string, unknown>;
  /** Values of the tensors among them. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
}

export function takeSnapshot(model: Hookable): Snapshot {
  const target = resolveTarget(model);
  const properties = new Map<string, unknown>();
  const weights = new Map<string, readonly number[]>();
  const seen = new Set<object>();
  const visit = (owner: object, path: string): void => {
    if (seen.has(owner)) return;
    seen.add(owner);
    addClass(Object.getPrototypeOf(owner) as object | null, seen, properties);
    for (const name of Object.getOwnPropertyNames(owner)) {
      const value: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
      const at = path === "" ? name : `${path}.${name}`;
      properties.set(at, value);
      if (isTensor(value) && !value.isDisposed) weights.set(at, [...value.dataSync()]);
      else if (isSearched(value)) visit(value, at);
    }
  };
  if (typeof target.model === "object" && target.model !== null) {
    visit(target.model, "");
    for (const [i, weight] of weightsOf(target.model).entries()) weights.set(`weights[${i}]`, weight);
  }
  return { hooks: target.entries.size, tensors: memory().numTensors, properties, weights };
}

/** Adds the methods of a class and its base classes, which all its models share. */
function addClass(prototype: object | null, seen: Set<object>, properties: Map<string, unknown>): void {
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) return;
  if (seen.has(prototype)) return;
  seen.add(prototype);
  for (const name of Object.getOwnPropertyNames(prototype))
    properties.set(
      `${prototype.constructor.name}.prototype.${name}`,
      Object.getOwnPropertyDescriptor(prototype, name)?.value,
    );
  addClass(Object.getPrototypeOf(prototype) as object | null, seen, properties);
}

/** The first difference as a sentence, if there is one. */
export function describeChange(before: Snapshot, after: Snapshot): string | undefined {
  if (before.hooks !== after.hooks)
    return `${after.hooks} hooks are on the model, where ${before.hooks} were.`;
  const names = new Set([...before.properties.keys(), ...after.properties.keys()]);
  for (const name of names) {
    if (!Object.is(before.properties.get(name), after.properties.get(name)))
      return `The model's property ${name} is not what it was.`;
  }
  for (const [name, values] of before.weights) {
    const now = after.weights.get(name);
    if (!values.every((value, i) => Object.is(value, now?.[i])))
      return `The weight ${name} has other values than before.`;
  }
  const change = after.tensors - before.tensors;
  if (change === 0) return undefined;
  return change > 0 ? `${change} tensors are left over.` : `${-change} tensors too many were freed.`;
}

/** Modules, layers, and the lists and records that hold them; anything else is somebody else's inside. */
function isSearched(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || MODULE in value || "getClassName" in value;
}

/** Weights of models that keep them elsewhere, as TensorFlow.js's own do. */
function weightsOf(model: object): readonly (readonly number[])[] {
  const getWeights: unknown = Reflect.get(model, "getWeights");
  if (typeof getWeights !== "function") return [];
  const weights: unknown = getWeights.call(model);
  return Array.isArray(weights) ? weights.filter(isTensor).map((weight) => [...weight.dataSync()]) : [];
}
