import { UsageError, typeName } from "@hookdict/tensordict";

export function optionUnknown(owner: string, option: string, known: readonly string[]): UsageError {
  return new UsageError({
    code: "OPTION_UNKNOWN",
    what: `${owner} has no option "${option}".`,
    hint: known.length === 0 ? "It has none." : `Its options are ${known.join(", ")}.`,
    fields: { owner, option, known },
  });
}

export function optionInvalid(owner: string, option: string, got: unknown, wanted: string): UsageError {
  return new UsageError({
    code: "OPTION_INVALID",
    what: `The option ${option} of ${owner} is ${describe(got)}.`,
    hint: `Give ${wanted}.`,
    fields: { owner, option, got },
  });
}

export function optionsInvalid(owner: string, got: unknown): UsageError {
  return new UsageError({
    code: "OPTIONS_INVALID",
    what: `The options of ${owner} are ${describe(got)}.`,
    hint: "Give a record of options by name, or nothing.",
    fields: { owner, got },
  });
}

export function contextInvalid(field: string, got: unknown, wanted: string): UsageError {
  return new UsageError({
    code: "CONTEXT_INVALID",
    what: `defineContext was given a definition whose ${field} is ${describe(got)}.`,
    hint: `Give ${wanted}.`,
    fields: { field, got },
  });
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "number") return String(value); // JSON has neither NaN nor Infinity
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "missing";
  if (Array.isArray(value)) return value.every(isPlain) ? JSON.stringify(value) : `a list of ${value.length}`;
  const isDisposed = "isDisposed" in value && value.isDisposed === true;
  return `a ${isDisposed ? "disposed " : ""}${typeName(value)}`;
}

function isPlain(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
