import type { PlanFile } from "../plan/plan.ts";
import { rowRange } from "./errors.ts";
import type { Block } from "./window.ts";

/** Which rows: their numbers in any order, or all from `start` to before `end`. */
export type RowChoice = readonly number[] | { readonly start: number; readonly end: number };

/** The chosen rows as runs within items, in the order in which they are asked for. @throws UsageError `HARVEST_ROW_RANGE`. */
export function runsOf(plan: PlanFile, rows: RowChoice): Block[] {
  const runs: { item: number; from: number; to: number }[] = [];
  for (const row of numbersOf(plan.data.rows, rows)) {
    const item = Math.floor(row / plan.itemRows);
    const at = row - item * plan.itemRows;
    const last = runs.at(-1);
    if (last?.item === item && last.to === at) last.to++;
    else runs.push({ item, from: at, to: at + 1 });
  }
  return runs;
}

function numbersOf(count: number, rows: unknown): readonly number[] {
  if (Array.isArray(rows)) {
    for (const row of rows)
      if (!Number.isSafeInteger(row) || row < 0 || row >= count) throw rowRange(row, count);
    return rows as number[]; // checked
  }
  const { start, end } = (typeof rows === "object" && rows !== null ? rows : {}) as Partial<
    Record<string, unknown>
  >;
  if (!Number.isSafeInteger(start) || (start as number) < 0) throw rowRange(start, count);
  if (!Number.isSafeInteger(end) || (end as number) > count || (end as number) < (start as number))
    throw rowRange(end, count);
  return Array.from({ length: (end as number) - (start as number) }, (_, i) => (start as number) + i);
}
