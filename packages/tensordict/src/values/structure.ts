import { Tensor } from "@tensorflow/tfjs-core";

/** Deeper than any structure of values; one that holds itself has no end. */
export const DEEPEST = 100;

const TENSOR_DICT = Symbol.for("@hookdict/tensordict");

/** The part of a TensorDict that walking a structure needs; the class itself would be an import cycle. */
export interface TensorDictLike {
  readonly isDisposed: boolean;
  entries(options: {
    nested: true;
    leavesOnly: true;
  }): Iterable<readonly [readonly string[] | string, unknown]>;
  map(fn: (leaf: Tensor) => Tensor): TensorDictLike;
  mapEntries(fn: (key: unknown, value: unknown) => unknown): TensorDictLike;
}

export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== "object" || value === null) return false;
  // `instanceof` is slow here: tfjs-core answers it by looking for three methods.
  return value.constructor === Tensor || value instanceof Tensor;
}

/** Whether a value is read as a record of values: an object without a class. */
export function isPlainRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isTensorDict(value: unknown): value is TensorDictLike {
  return typeof value === "object" && value !== null && TENSOR_DICT in value;
}

/** Calls `visit` on every tensor of a value: a tensor, or tuples, records and TensorDicts of them, nested. */
export function forEachTensor(value: unknown, visit: (tensor: Tensor) => void): void {
  if (isTensor(value)) return visit(value); // mostly
  forEachHolder(value, (held) => {
    if (isTensor(held)) visit(held);
    else for (const [, leaf] of held.entries({ nested: true, leavesOnly: true })) forEachTensor(leaf, visit);
  });
}

const NOTHING: readonly unknown[] = [];

/** Calls `visit` on every tensor and TensorDict of a value. What holds itself is not entered again: it is refused where it would be kept. */
export function forEachHolder(
  value: unknown,
  visit: (held: Tensor | TensorDictLike) => void,
  around: readonly unknown[] = NOTHING,
): void {
  if (isTensor(value) || isTensorDict(value)) return visit(value);
  const parts = partsOf(value);
  if (parts === undefined || around.length > DEEPEST || around.includes(value)) return;
  const next = [...around, value];
  for (const part of parts) forEachHolder(part, visit, next);
}

function partsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isPlainRecord(value) ? Object.values(value) : undefined;
}

/** The same structure with every tensor replaced by `change(tensor)`; other leaves stay as they are, and what holds itself. */
export function mapTensors(
  value: unknown,
  change: (tensor: Tensor) => Tensor | undefined,
  around: readonly unknown[] = NOTHING,
): unknown {
  if (isTensor(value)) return change(value);
  // A TensorDict has no place for "no gradient here": such a leaf keeps its tensor.
  if (isTensorDict(value)) return value.map((leaf) => change(leaf) ?? leaf);
  if (partsOf(value) === undefined || around.includes(value)) return value;
  const next = [...around, value];
  if (Array.isArray(value)) return value.map((item) => mapTensors(item, change, next));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => [key, mapTensors(item, change, next)]), // it has parts
  );
}

/** The tensors of a value, in order. */
export function tensorsOf(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  forEachTensor(value, (tensor) => found.push(tensor));
  return found;
}

/** Shape and dtype of a tensor, or the kind of another value, for messages: `float32 [2, 3]`, `tuple of 2`. */
export function describeValue(value: unknown): string {
  return describe(value, NOTHING);
}

/** Below this, parts of a value are not told. */
const TOLD = 8;

function describe(value: unknown, around: readonly unknown[]): string {
  if (isTensor(value)) return `${value.dtype} [${value.shape.join(", ")}]`;
  if (around.length > TOLD || around.includes(value)) return "…";
  const next = [...around, value];
  if (Array.isArray(value)) return `tuple (${value.map((item) => describe(item, next)).join(", ")})`;
  if (isTensorDict(value)) return "TensorDict";
  if (isPlainRecord(value)) {
    const parts = Object.entries(value).map(([key, item]) => `${key}: ${describe(item, next)}`);
    return `record { ${parts.join(", ")} }`;
  }
  return value === null ? "null" : typeof value;
}

/**
 * Whether `got` can stand where `expected` stood: the same structure and, unless `reshapes`, the same shape and dtype
 * of every tensor. A leaf that is no tensor may become anything that is no tensor either.
 */
export function conforms(expected: unknown, got: unknown, reshapes: boolean): boolean {
  return conformsAt(expected, got, reshapes, 0);
}

function conformsAt(expected: unknown, got: unknown, reshapes: boolean, depth: number): boolean {
  if (depth > DEEPEST) return false; // it holds itself
  if (isTensor(expected)) return isTensor(got) && (reshapes || sameShape(expected, got));
  if (isTensor(got)) return false;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) &&
      got.length === expected.length &&
      expected.every((item, i) => conformsAt(item, got[i], reshapes, depth + 1))
    );
  }
  if (isTensorDict(expected)) return isTensorDict(got) && dictsConform(expected, got, reshapes);
  if (isPlainRecord(expected))
    return isPlainRecord(got) && recordsConform(expected, got, reshapes, depth + 1);
  return true;
}

function sameShape(a: Tensor, b: Tensor): boolean {
  return (
    a.dtype === b.dtype &&
    a.shape.length === b.shape.length &&
    a.shape.every((size, i) => size === b.shape[i])
  );
}

function recordsConform(
  expected: Readonly<Record<string, unknown>>,
  got: Readonly<Record<string, unknown>>,
  reshapes: boolean,
  depth: number,
): boolean {
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(got).length &&
    keys.every((key) => Object.hasOwn(got, key) && conformsAt(expected[key], got[key], reshapes, depth))
  );
}

function dictsConform(expected: TensorDictLike, got: TensorDictLike, reshapes: boolean): boolean {
  const leaves = (dict: TensorDictLike): Map<string, unknown> =>
    new Map(
      [...dict.entries({ nested: true, leavesOnly: true })].map(([key, leaf]) => [JSON.stringify(key), leaf]),
    );
  const wanted = leaves(expected);
  const present = leaves(got);
  return (
    wanted.size === present.size &&
    [...wanted].every(([key, leaf]) => present.has(key) && conforms(leaf, present.get(key), reshapes))
  );
}

/** Objects that hold no tensors. */
const PLAIN: readonly (abstract new (...args: never) => object)[] = [ArrayBuffer, Date, RegExp, Error];

/** What a value, or one in it, is where nobody can see its tensors: its class, mostly; `undefined` where there is none. */
export function opaqueIn(value: unknown): string | undefined {
  return opaqueAt(value, 0);
}

function opaqueAt(value: unknown, depth: number): string | undefined {
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null || isTensor(value) || isTensorDict(value)) return undefined;
  if (depth > DEEPEST) return "a structure that holds itself";
  if (Array.isArray(value)) return hiddenIn(value, value.length + 1) ?? firstOpaque(value, depth);
  if (isPlainRecord(value)) {
    const parts = Object.values(value);
    return hiddenIn(value, parts.length) ?? firstOpaque(parts, depth);
  }
  if (ArrayBuffer.isView(value) || PLAIN.some((known) => value instanceof known)) return undefined;
  return `a value of the class ${value.constructor.name}`;
}

/** Symbols, properties that are not enumerable, and names in a list are left out wherever values are gone through. */
function hiddenIn(value: object, visible: number): string | undefined {
  if (Reflect.ownKeys(value).length === visible) return undefined;
  return Array.isArray(value) ? "a list with holes or further properties" : "a record with hidden properties";
}

function firstOpaque(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const found = opaqueAt(value, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
