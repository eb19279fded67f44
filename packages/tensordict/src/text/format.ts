import { shown } from "./shown.ts";

/** Lines of one screen. */
export const LINES = 30;

/** Characters that the first line of what is printed may have: two lines of a screen. */
const MOST_CHARACTERS = 200;

/** A description for the first line of what is printed: cut where it would fill the screen by itself. */
export function headline(description: string): string {
  const isLong = description.length > MOST_CHARACTERS;
  return isLong ? `${description.slice(0, MOST_CHARACTERS - 1)}…` : description;
}

/**
 * Bytes with a unit, to three digits.
 *
 * @example
 * formatBytes(30720); // => "30.7 kB"
 */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? amount : Number(amount.toPrecision(3))} ${units[unit] ?? ""}`;
}

/**
 * A number of things, in words.
 *
 * @example
 * counted(1, "row"); // => "1 row"
 */
export function counted(count: number, thing: string): string {
  // Plain JavaScript gives anything.
  return `${shown(count)} ${typeof thing === "string" ? thing : shown(thing)}${count === 1 ? "" : "s"}`;
}
