import { UsageError } from "../errors/base.ts";
import { shown } from "../text/shown.ts";
import { isTensor, isTensorDict } from "./structure.ts";

/** What an argument may be asked to be, in the words of the message. */
export type ArgumentKind =
  | "a function"
  | "a record"
  | "a list"
  | "a list of texts"
  | "a list of finite numbers"
  | "text"
  | "true or false"
  | "a finite number"
  | "a whole number, 0 or more"
  | "a whole number, 1 or more"
  | "a tensor"
  | "a tensor of numbers"
  | "a list of tensors"
  | "a TensorDict";

const KINDS: Readonly<Record<ArgumentKind, (value: unknown) => boolean>> = {
  "a function": (value) => typeof value === "function",
  "a record": isRecord,
  "a list": Array.isArray,
  "a list of texts": (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  "a list of finite numbers": (value) => Array.isArray(value) && value.every(Number.isFinite),
  text: (value) => typeof value === "string",
  "true or false": (value) => typeof value === "boolean",
  "a finite number": Number.isFinite,
  "a whole number, 0 or more": (value) => Number.isInteger(value) && (value as number) >= 0, // just checked
  "a whole number, 1 or more": (value) => Number.isInteger(value) && (value as number) >= 1, // just checked
  "a tensor": isLive,
  "a tensor of numbers": (value) =>
    isLive(value) && isTensor(value) && value.dtype !== "string" && value.dtype !== "complex64",
  "a list of tensors": (value) => Array.isArray(value) && value.every(isLive),
  "a TensorDict": isTensorDict,
};

/**
 * Refuses an argument that is not of its kind, for what plain JavaScript may give. `undefined` is one that may be left
 * out where `kind` ends in `?`.
 *
 * @throws UsageError `ARGUMENT_INVALID`
 * @example
 * checkArgument("during", "fn", () => 1, "a function"); // => undefined
 */
export function checkArgument(
  owner: string,
  name: string,
  value: unknown,
  kind: ArgumentKind | `${ArgumentKind}?`,
): void {
  const isOptional = kind.endsWith("?");
  if (isOptional && value === undefined) return;
  const wanted = (isOptional ? kind.slice(0, -1) : kind) as ArgumentKind; // the type says so
  if (!KINDS[wanted](value)) throw argumentInvalid(owner, name, value, wanted);
}

/**
 * Refuses options that are no record, and names that are no option: a misspelt one would otherwise count for nothing.
 *
 * @throws UsageError `ARGUMENT_INVALID`
 * @example
 * checkOptionNames("listHooks", { owner: "me" }, ["owner", "sites"]); // => undefined
 */
export function checkOptionNames(owner: string, options: unknown, known: readonly string[]): void {
  checkArgument(owner, "options", options, "a record");
  const unknown = Object.keys(options as object).find((name) => !known.includes(name)); // just checked
  if (unknown !== undefined) throw argumentInvalid(owner, "an option", unknown, `only ${known.join(", ")}`);
}

/** An argument that cannot be what it was given as. @param wanted Ends the hint "Give ...". */
export function argumentInvalid(owner: string, name: string, got: unknown, wanted: string): UsageError {
  return new UsageError({
    code: "ARGUMENT_INVALID",
    what: `${owner} was given ${given(got)} as ${name}.`,
    hint: `Give ${wanted}.`,
    fields: { owner, name },
  });
}

function given(value: unknown): string {
  if (value === undefined) return "nothing";
  if (!isTensor(value)) return shown(value);
  return value.isDisposed
    ? "a tensor that was disposed"
    : `a tensor of ${value.dtype} [${value.shape.join(", ")}]`;
}

function isLive(value: unknown): boolean {
  return isTensor(value) && !value.isDisposed;
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isTensor(value);
}
