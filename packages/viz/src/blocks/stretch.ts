import type { Stretch } from "../description/types.ts";

/** A stretch as a control writes it. */
export function parseStretch(value: string): Stretch {
  return value === "row" ? "row" : value === "0.5" ? 0.5 : 1;
}
