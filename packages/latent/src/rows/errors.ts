import { describeValue, ShapeError, UsageError } from "@hookdict/tensordict";

export function rowsInvalid(owner: string, name: string, got: unknown): ShapeError {
  return new ShapeError({
    code: "ROWS_INVALID",
    what: `${owner} got ${describeValue(got)} as ${name}.`,
    hint: "Give a tensor with one row for each example: [n, features] or [n, ...].",
    fields: { owner, name },
  });
}

export function rowsNotFinite(owner: string, name: string, row: number, value: number): UsageError {
  return new UsageError({
    code: "ROWS_NOT_FINITE",
    what: `${owner} found ${value} in row ${row} of ${name}.`,
    hint: "Leave out the rows that are not finite, or find out where they come from.",
    fields: { owner, name, row, value },
  });
}

export function rowsDiffer(owner: string, x: number, name: string, y: number): ShapeError {
  return new ShapeError({
    code: "ROWS_DIFFER",
    what: `${owner} got ${x} rows, but ${y} in ${name}.`,
    hint: "Row i of both must belong to the same example.",
    fields: { owner, x, y },
  });
}

export function columnsDiffer(owner: string, wanted: number, got: number): ShapeError {
  return new ShapeError({
    code: "COLUMNS_DIFFER",
    what: `${owner} is for rows of ${wanted} values, but these have ${got}.`,
    hint: "Use values from the same site as before.",
    fields: { owner, wanted, got },
  });
}

export function pointsTooFew(owner: string, got: number, wanted: number): UsageError {
  return new UsageError({
    code: "POINTS_TOO_FEW",
    what: `${owner} got ${got} rows, but needs at least ${wanted}.`,
    hint: "Give more examples, or ask for fewer neighbours.",
    fields: { owner, got, wanted },
  });
}

export function pointsDuplicate(owner: string, row: number, other: number): UsageError {
  return new UsageError({
    code: "POINTS_DUPLICATE",
    what: `${owner} divides by the distance of rows ${row} and ${other}, which are the same point.`,
    hint: "Leave duplicates out: a set of distinct points has a dimension.",
    fields: { owner, row, other },
  });
}

export function valuesConstant(owner: string, name: string): UsageError {
  return new UsageError({
    code: "ROWS_CONSTANT",
    what: `${owner} got rows in ${name} that are all the same.`,
    hint: "Without any variation there is nothing to compare or to measure.",
    fields: { owner, name },
  });
}

export function shapeDiffers(
  owner: string,
  name: string,
  wanted: readonly number[],
  got: readonly number[],
): ShapeError {
  return new ShapeError({
    code: "SHAPE_DIFFERS",
    what: `${owner} got ${name} of shape [${got.join(", ")}] in place of [${wanted.join(", ")}].`,
    hint: "Give values that fit together.",
    fields: { owner, name, wanted, got },
  });
}

export function mostlyEqual(owner: string, name: string): UsageError {
  return new UsageError({
    code: "ROWS_MOSTLY_EQUAL",
    what: `${owner} found no distance between most rows of ${name}, so that its kernel has no width.`,
    hint: "Leave duplicates out, or use the linear kernel.",
    fields: { owner, name },
  });
}
