import { describeValue, ShapeError, UsageError } from "@hookdict/tensordict";

export function matrixInvalid(name: string, got: unknown, wanted: string): ShapeError {
  const shown = Array.isArray(got) ? `[${got.join(", ")}]` : describeValue(got);
  return new ShapeError({
    code: "MATRIX_INVALID",
    what: `${name} is ${shown}.`,
    hint: `Give ${wanted}.`,
    fields: { name },
  });
}

export function matricesUnfit(left: readonly number[], right: readonly number[]): ShapeError {
  return new ShapeError({
    code: "MATRICES_UNFIT",
    what: `A product was asked of [${left.join(", ")}] and [${right.join(", ")}], which do not fit.`,
    hint: "The last axis of the left must be as long as the last but one of the right, and the axes before these equal or 1.",
    fields: { left, right },
  });
}

export function matrixNotFinite(name: string, value: number): UsageError {
  return new UsageError({
    code: "MATRIX_NOT_FINITE",
    what: `${name} has the value ${value}.`,
    hint: "Decompose matrices of finite numbers only.",
    fields: { name, value },
  });
}
