/** A part of a value that is something else than it should be. */
export interface Misfit {
  /** Where it is: `channels[0].name`; empty for the value itself. */
  readonly path: string;
  readonly got: unknown;
  /** What it should be, behind "Give". */
  readonly wanted: string;
}

/** What a value should be: tells the first part of one that is something else. Nothing it reads is changed. */
export type Fit = (value: unknown, path: string) => Misfit | undefined;

/** A fit by one question. */
export function fit(wanted: string, holds: (value: unknown) => boolean): Fit {
  return (value, path) => (holds(value) ? undefined : { path, got: value, wanted });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

export const string: Fit = fit("a text", (value) => typeof value === "string");
/** Also NaN and the infinite: they are drawn as such. */
export const number: Fit = fit("a number", (value) => typeof value === "number");
export const finite: Fit = fit("a finite number", Number.isFinite);
export const flag: Fit = fit("true or false", (value) => typeof value === "boolean");
export const func: Fit = fit("a function", (value) => typeof value === "function");
export const record: Fit = fit("a record", isRecord);

/** As many as a picture can count: what is made of larger numbers is longer than any list. */
const MOST = 2 ** 24;

/** A whole number from `low` on, that something can be as many as. */
export function count(low = 0): Fit {
  const holds = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= low && Number(value) <= MOST;
  return fit(`a whole number from ${low} on`, holds);
}

/** A list whose members are all of one kind; the first that is not is told by its index. */
function members(
  wanted: string,
  holds: (each: unknown) => boolean,
  view: (value: ArrayBufferView) => boolean,
): Fit {
  return (value, path) => {
    if (ArrayBuffer.isView(value) && view(value)) return undefined;
    if (!Array.isArray(value)) return { path, got: value, wanted };
    const odd = value.findIndex((each) => !holds(each));
    return odd < 0 ? undefined : { path: `${path}[${odd}]`, got: value[odd], wanted };
  };
}

/** Numbers row by row, in a list or a typed array. */
export const numbers: Fit = members("a list of numbers", (each) => typeof each === "number", isNumeric);

function isNumeric(value: ArrayBufferView): boolean {
  return !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array);
}

export const strings: Fit = members(
  "a list of texts",
  (each) => typeof each === "string",
  () => false,
);

/** Names, or numbers that are written. */
export const labels: Fit = fit("a list of texts or numbers", (value) =>
  (Array.isArray(value) || ArrayBuffer.isView(value)) &&
  [...(value as Iterable<unknown>)].every((each) => typeof each === "string" || typeof each === "number"));

export function oneOf(...values: readonly (string | number)[]): Fit {
  const words = values.map((value) => JSON.stringify(value));
  return fit(`${words.slice(0, -1).join(", ")} or ${words.at(-1)}`, (value) =>
    values.includes(value as string));
}

/** What may be left out. */
export function maybe(inner: Fit): Fit {
  return (value, path) => (value === undefined ? undefined : inner(value, path));
}

/** One of several; the last one tells what is wanted. */
export function either(...fits: readonly [Fit, ...Fit[]]): Fit {
  return (value, path) => {
    let misfit: Misfit | undefined;
    for (const each of fits) {
      misfit = each(value, path);
      if (misfit === undefined) return undefined;
    }
    return misfit;
  };
}

export function listOf(item: Fit, length?: number): Fit {
  const wanted = length === undefined ? "a list" : `a list of ${length}`;
  return (value, path) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length))
      return { path, got: value, wanted };
    for (let i = 0; i < value.length; i += 1) {
      const misfit = item(value[i], `${path}[${i}]`);
      if (misfit !== undefined) return misfit;
    }
    return undefined;
  };
}

/** A record whose values, under whatever names, are all of one kind. */
export function byName(item: Fit): Fit {
  return (value, path) => {
    if (!isRecord(value)) return { path, got: value, wanted: "a record" };
    return first(Object.keys(value), (name) => item(value[name], under(path, name)));
  };
}

/** A record with these fields; it may have others. */
export function fields(shape: Readonly<Record<string, Fit>>): Fit {
  const names = Object.keys(shape);
  return (value, path) => {
    if (!isRecord(value)) return { path, got: value, wanted: `{ ${names.join(", ")} }` };
    return first(names, (name) => shape[name]?.(value[name], under(path, name)));
  };
}

function first(names: readonly string[], look: (name: string) => Misfit | undefined): Misfit | undefined {
  for (const name of names) {
    const misfit = look(name);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

const under = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
