import type { Grid, Rows } from "../blocks/block.ts";
import type { Cell } from "./hit.ts";

const MOST_ROWS = 2000;
const LARGEST = 50;

/** The cell, or the nearest that there is: choices of a reader may make a grid smaller. */
export function within(grid: Grid | undefined, { row, col }: Cell): Cell {
  return {
    row: Math.max(0, Math.min((grid?.rows ?? 1) - 1, row)),
    col: Math.max(0, Math.min((grid?.cols ?? 1) - 1, col)),
  };
}

/** All rows of a table, or those with the largest numbers where there are too many. */
export function shortened(table: Rows | undefined): Rows | undefined {
  if (table === undefined || table.rows.length <= MOST_ROWS) return table;
  const at = Math.max(0, table.columns.indexOf("value"));
  const size = (row: readonly (string | number)[]): number => Math.abs(Number(row[at])) || 0;
  return {
    columns: table.columns,
    rows: table.rows.toSorted((one, other) => size(other) - size(one)).slice(0, LARGEST),
  };
}
