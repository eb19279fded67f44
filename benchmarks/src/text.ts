import type { Timing } from "./measure.ts";

/** Median and quartiles. */
export function time({ medianMs, lowMs, highMs }: Timing): string {
  const digits = medianMs < 10 ? 2 : 0;
  return `${medianMs.toFixed(digits)} ms (${lowMs.toFixed(digits)} to ${highMs.toFixed(digits)})`;
}

/** How many times as long something takes. */
export function ratio(some: Timing, bare: Timing): string {
  return `${(some.medianMs / bare.medianMs).toFixed(3)} ×`;
}

/** @param rows One list of cells for each. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
