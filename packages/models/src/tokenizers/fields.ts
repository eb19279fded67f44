import type { JsonObject } from "../tokenizer-json.ts";

/** Deepest nesting of a part of tokenizer.json; Hugging Face's reader has the same limit. */
const MOST_LEVELS = 128;

/** A field of a part that is a text; `missing` where it is not there. @throws TypeError */
export function textIn<T extends string | undefined>(
  config: JsonObject,
  name: string,
  missing: T,
): string | T {
  const value = config[name] ?? missing;
  if (value !== missing && typeof value !== "string") throw wrong(config, name, "a text");
  return value as string | T; // just checked
}

/** A text of one character. @throws TypeError */
export function characterIn(config: JsonObject, name: string, missing: string): string {
  const text = textIn(config, name, missing);
  if ([...text].length !== 1) throw wrong(config, name, "one character");
  return text;
}

/** @throws TypeError */
export function flagIn(config: JsonObject, name: string, missing: boolean): boolean {
  const value = config[name] ?? missing;
  if (typeof value !== "boolean") throw wrong(config, name, "true or false");
  return value;
}

/** A whole number, `least` or more. @throws TypeError */
export function countIn(config: JsonObject, name: string, missing: number, least = 0): number {
  const value = config[name] ?? missing;
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw wrong(config, name, `a whole number, ${least} or more`);
  return value as number; // just checked
}

/** What is not read, but has to be what it is said to be. @throws TypeError */
export function checkShare(config: JsonObject, name: string): void {
  const value = config[name] ?? 0;
  if (typeof value !== "number" || value < 0 || value > 1) throw wrong(config, name, "a number from 0 to 1");
}

/** One of several texts. @throws TypeError */
export function choiceIn<T extends string>(
  config: JsonObject,
  name: string,
  choices: readonly T[],
  missing: T,
): T {
  const value = (config[name] ?? missing) as T;
  if (!choices.includes(value)) throw wrong(config, name, `one of ${choices.join(", ")}`);
  return value;
}

/** @throws TypeError */
export function listIn(config: JsonObject, name: string): readonly unknown[] {
  const list = config[name];
  if (!Array.isArray(list)) throw new TypeError(`"${name}" is not a list`);
  return list;
}

/** What makes the part that a piece of tokenizer.json describes, by its type. @throws TypeError for one that is not known */
export function makerOf<T>(
  makers: Readonly<Record<string, T>>,
  config: unknown,
  part: string,
): { readonly make: T; readonly fields: JsonObject } {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new TypeError(`"${part}" is ${shown(config)}, not a JSON object`);
  const fields = config as JsonObject; // an object of a JSON file
  const { type } = fields;
  const make = typeof type === "string" && Object.hasOwn(makers, type) ? makers[type] : undefined;
  if (make === undefined)
    throw new TypeError(
      `"${part}" ${type === undefined ? "has no type" : `is ${shown(type)}`}, not one of ${Object.keys(makers).join(", ")}`,
    );
  return { make, fields };
}

/** @throws TypeError for a part within parts without end, for which there would be no stack */
export function checkDepth(value: unknown, part: string): void {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) throw new TypeError(`"${part}" is nested more than ${MOST_LEVELS} levels deep`);
    level = level.flatMap((each) =>
      typeof each === "object" && each !== null ? (Object.values(each) as unknown[]) : [],
    );
  }
}

/** A value as messages show it. */
export function shown(value: unknown): string {
  const text = (JSON.stringify(value) as string | undefined) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function wrong(config: JsonObject, name: string, what: string): TypeError {
  const { type } = config;
  const owner = typeof type === "string" ? ` of ${type}` : "";
  return new TypeError(`"${name}"${owner} is ${shown(config[name])}, not ${what}`);
}
