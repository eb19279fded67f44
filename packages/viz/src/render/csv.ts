import type { Rows } from "../blocks/block.ts";
import type { Description } from "../description/types.ts";
import { type BlocksOption, checkDescription, kindOf } from "./check.ts";

/**
 * Every number of a picture as CSV (RFC 4180) in its long form: one row a cell, its axes as columns. Blocks follow each
 * other, each under a row that names it. Texts that a spreadsheet would take for a formula stand behind an apostrophe.
 *
 * @throws ViewError `VIEW_INVALID`, `BLOCK_UNKNOWN`
 */
export function toCSV(d: Description, options: BlocksOption = {}): string {
  checkDescription(d, options);
  return d.blocks.map((block) => section(block.id, kindOf(block, options).rows?.(d, block))).join("");
}

/** A block's rows, under one that names their columns; nothing where there are none. */
export function section(id: string, table: Rows | undefined, isFirst = true): string {
  if (table === undefined || table.rows.length === 0) return "";
  const rows = table.rows.map((row) => [id, ...row]);
  const all = isFirst ? [["block", ...table.columns], ...rows] : rows;
  return all.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
