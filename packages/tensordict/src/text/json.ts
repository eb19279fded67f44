import { shown } from "./shown.ts";

/** A value of any origin as JSON, for messages; what JSON has no text for is told in words. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? (value === undefined ? "missing" : shown(value));
  } catch {
    return shown(value); // it holds itself, or a bigint, or its fields throw
  }
}
