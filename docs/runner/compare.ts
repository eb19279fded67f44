import { inspect, isDeepStrictEqual } from "node:util";

/**
 * Whether a documented text tells a value truly. True are: the value written as a literal, with as many
 * decimals as the author cares for; what `String` or `console.log` make of it; either of them with
 * `...` or `…` for what is left out. A tensor is told by its values.
 *
 * @example
 * tellsTruly("[0.33, 1]", [1 / 3, 1]); // => true
 */
export function tellsTruly(text: string, actual: unknown): boolean {
  const forms = [describe(actual), asText(actual)].map(normalise);
  const told = normalise(text);
  if (forms.includes(told)) return true;
  const literal = evaluate(text);
  if (literal !== undefined && isClose(literal.value, toPlain(actual), tolerance(text))) return true;
  return /\.{3}|…/.test(told) && forms.some((form) => fits(form, told.split(/\.{3}|…/)));
}

/** What is shown of the value where a text does not tell it. */
export function describe(actual: unknown): string {
  const plain = toPlain(actual);
  return typeof plain === "string"
    ? JSON.stringify(plain)
    : inspect(plain, { depth: 8, breakLength: Infinity });
}

function asText(actual: unknown): string {
  try {
    return String(actual);
  } catch {
    return ""; // an object without a prototype, say
  }
}

/** Line breaks, quotes and spaces inside brackets do not matter. */
function normalise(text: string): string {
  return text
    .replaceAll("'", '"')
    .replace(/\s+/g, " ")
    .replace(/([[{(]) /g, "$1")
    .replace(/,? ([\]})])/g, "$1")
    .trim();
}

function evaluate(text: string): { value: unknown } | undefined {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the text is a literal in our own documentation
    const value: unknown = new Function(`"use strict"; return (${text});`)();
    return { value };
  } catch {
    return undefined; // prose, or something with "..." in it
  }
}

/** Half a unit of the last decimal written anywhere in the text. */
function tolerance(text: string): number {
  const decimals = [...text.matchAll(/\d\.(\d+)/g)].map(([, digits]) => digits?.length ?? 0);
  return decimals.length === 0 ? 1e-6 : 0.5 * 10 ** -Math.max(...decimals) + 1e-9;
}

function isClose(told: unknown, actual: unknown, by: number): boolean {
  if (typeof told === "number" && typeof actual === "number") {
    return Object.is(told, actual) || Math.abs(told - actual) <= by;
  }
  if (Array.isArray(told) && Array.isArray(actual)) {
    return told.length === actual.length && told.every((item, index) => isClose(item, actual[index], by));
  }
  if (!isRecord(told) || !isRecord(actual)) return isDeepStrictEqual(told, actual);
  const keys = Object.keys(told);
  return (
    keys.length === Object.keys(actual).length && keys.every((key) => isClose(told[key], actual[key], by))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A tensor's values, a typed array's numbers; anything else as it is. */
function toPlain(value: unknown): unknown {
  if (isRecord(value) && typeof value["arraySync"] === "function")
    return (value as { arraySync(): unknown }).arraySync();
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array);
  return value;
}

function fits(form: string, pieces: readonly string[]): boolean {
  let at = 0;
  for (const [index, piece] of pieces.map((text) => text.trim()).entries()) {
    const found = form.indexOf(piece, at);
    if (found < 0 || (index === 0 && found !== 0)) return false;
    at = found + piece.length;
  }
  return form.endsWith(pieces.at(-1)?.trim() ?? "");
}
