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
  const parts = d.blocks.flatMap((block) => {
    const table = kindOf(block, options).rows?.(d, block);
    if (table === undefined || table.rows.length === 0) return [];
    const head = ["block", ...table.columns];
    return [head, ...table.rows.map((row) => [block.id, ...row])];
  });
  return parts.map((row) => row.map(field).join(",")).join("\r\n") + (parts.length > 0 ? "\r\n" : "");
}

function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
