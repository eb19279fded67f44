import { shown } from "../text/shown.ts";

/**
 * The most that an option may count. So many steps, samples or rows are gone through one after the other, or have room made for them
 * beforehand: a larger number is a slip that would take hours, or memory that nobody has.
 */
export const MOST_COUNT: number = 2 ** 24;

/**
 * Whether a value counts something: a whole number from `least` to {@link MOST_COUNT}.
 *
 * @example
 * isCount(1e9); // => false
 */
export function isCount(value: unknown, least = 1): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= MOST_COUNT; // just checked
}

/**
 * What {@link isCount} takes, for messages.
 *
 * @example
 * countWords(2); // => "a whole number from 2 to 16777216"
 */
export function countWords(least = 1): string {
  return `a whole number from ${shown(least)} to ${MOST_COUNT}`;
}
