import { shown } from "../text/shown.ts";
import { formatKey, formatSizes } from "../text/keys.ts";
import { describeValue } from "../values/structure.ts";
import { ShapeError, UsageError } from "../errors/base.ts";

type Path = readonly string[];

export function leafDtype(action: string, path: Path, dtype: string): ShapeError {
  return new ShapeError({
    code: "LEAF_DTYPE",
    what: `${action} cannot take ${formatKey(path)}, whose dtype is ${dtype}.`,
    hint: "exclude() that key first.",
    fields: { action, key: path, dtype },
  });
}

export function leafFailed(action: string, path: Path, cause: unknown): ShapeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ShapeError({
    code: "LEAF_FAILED",
    what: `${action} failed at ${formatKey(path)}: ${reason}`,
    hint: "Correct that leaf's shape or dtype, or exclude() it.",
    fields: { action, key: path },
    cause,
  });
}

/** Nothing has no largest and no smallest value. */
export function leafEmpty(action: string, path: Path, shape: readonly number[]): ShapeError {
  return new ShapeError({
    code: "LEAF_EMPTY",
    what: `${action} over no elements has no value: ${formatKey(path)} has the shape ${formatSizes(shape)}.`,
    hint: "Reduce over dims that are not empty, or exclude() that key.",
    fields: { action, key: path, shape },
  });
}

export function reduceDims(action: string, dims: unknown): UsageError {
  return new UsageError({
    code: "REDUCE_DIMS",
    what: `${action} cannot reduce over ${shown(dims)}.`,
    hint: 'Give a batch dim, a list of different ones, "feature" for the dims after the batch, or nothing for all.',
    fields: { action, dims },
  });
}

export function operandInvalid(action: string, operand: unknown): UsageError {
  return new UsageError({
    code: "OPERAND_INVALID",
    what: `${action} cannot combine with ${describeOperand(operand)}.`,
    hint: "Give a number, a tensor of numbers that is not disposed, or a TensorDict.",
    fields: { action },
  });
}

function describeOperand(operand: unknown): string {
  if (typeof operand !== "object" || operand === null) return shown(operand);
  const isDisposed =
    typeof operand === "object" && operand !== null && "isDisposed" in operand && operand.isDisposed === true;
  return `${isDisposed ? "the disposed " : "the operand "}${describeValue(operand)}`;
}

export function operandShape(
  action: string,
  shape: readonly number[],
  batchSize: readonly number[],
): ShapeError {
  return new ShapeError({
    code: "OPERAND_SHAPE",
    what: `${action} was given a tensor of shape ${formatSizes(shape)} for the batch size ${formatSizes(batchSize)}.`,
    hint: "A tensor's dims are aligned with the batch dims, from the last on; map() combines with dims after the batch.",
    fields: { action, shape, batchSize },
  });
}

/** A number that an operation cannot work with. */
export function numberInvalid(action: string, name: string, value: unknown, wanted: string): UsageError {
  return new UsageError({
    code: "NUMBER_INVALID",
    what: `${action} was given the ${name} ${shown(value)}.`,
    hint: `Give ${wanted}.`,
    fields: { action, value },
  });
}

export function dtypeInvalid(dtype: unknown): UsageError {
  return new UsageError({
    code: "DTYPE_INVALID",
    what: `There is no dtype ${shown(dtype)} to cast to.`,
    hint: 'Give "float32", "int32", "bool" or "complex64".',
    fields: { dtype },
  });
}
