import { LifetimeError, MatchError, UsageError, shown } from "@hookdict/tensordict";

/** Rows that there are not. */
export function rowRange(row: unknown, rows: number): UsageError {
  return new UsageError({
    code: "HARVEST_ROW_RANGE",
    what: `There is no row ${shown(row)}: rows are 0 to ${rows - 1}.`,
    hint: "Give row numbers as a list, or { start, end }.",
    fields: { row, rows },
  });
}

/** Rows of an item that is not committed. */
export function rowsMissing(row: number, item: number): UsageError {
  return new UsageError({
    code: "HARVEST_ROWS_MISSING",
    what: `Row ${row} is of item ${item}, which is not committed.`,
    hint: 'Run the harvest to its end, or give missing: "skip".',
    fields: { row, item },
  });
}

/** A pattern that picks no tensor. */
export function tensorUnknown(pattern: string, names: readonly string[]): MatchError {
  return new MatchError({
    code: "HARVEST_TENSOR_UNKNOWN",
    what: `${pattern} picks none of the harvest's tensors.`,
    hint: `They are ${names.join(", ")}.`,
    fields: { pattern, names },
  });
}

/** Positions of a tensor that has none. */
export function notPositional(name: string): UsageError {
  return new UsageError({
    code: "HARVEST_NOT_POSITIONAL",
    what: `${name}: has no position, so it cannot be read by positions.`,
    hint: 'Leave it out (sites), or read it by rows (unit: "row").',
    fields: { name },
  });
}

/** A cursor of something else. */
export function cursorInvalid(cursor: unknown): UsageError {
  const told = typeof cursor === "string" ? JSON.stringify(cursor.slice(0, 80)) : `a ${typeof cursor}`;
  return new UsageError({
    code: "HARVEST_CURSOR",
    what: `${told} is no cursor of these batches.`,
    hint: "Give the cursor of batches with the same options, of the same harvest with the same items.",
    fields: { cursor },
  });
}

/** A reader that was closed. */
export function readerClosed(where: string): LifetimeError {
  return new LifetimeError({
    code: "HARVEST_READER_CLOSED",
    what: `${where}: this reader is closed.`,
    hint: "Open another.",
    fields: { where },
  });
}
