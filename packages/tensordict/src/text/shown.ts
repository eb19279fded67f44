import { isEndless } from "./endless.ts";
import { typeName } from "../errors/type-name.ts";

/** Any value in a few words, for messages: also what neither `String` nor `JSON.stringify` takes. */
export function shown(value: unknown, depth = 0): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol" || typeof value === "function") return `a ${typeof value}`;
  if (Array.isArray(value)) return shownList(value, depth);
  if (typeof value === "object" && value !== null) return `a ${typeName(value)}`;
  return String(value); // what is left
}

function shownList(items: readonly unknown[], depth: number): string {
  if (depth === 0 && isEndless(items)) return "a list that holds itself";
  if (depth > 3) return "a list";
  const some = items.slice(0, 8).map((item) => shown(item, depth + 1));
  return `[${some.join(",")}${items.length > 8 ? `,… ${items.length - 8} more` : ""}]`;
}
