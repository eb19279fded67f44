import { ShapeError, UsageError } from "../errors/base.ts";
import { shown } from "../text/shown.ts";
import { formatSizes } from "../text/keys.ts";

export function nonTensorCount(shape: readonly number[], count: number): ShapeError {
  return new ShapeError({
    code: "NON_TENSOR_COUNT",
    what: `${count} values were given for the shape ${formatSizes(shape)}.`,
    hint: "Give one value per element.",
    fields: { shape, count },
  });
}

export function nonTensorInvalid(values: unknown, shape: unknown): UsageError {
  return new UsageError({
    code: "NON_TENSOR_INVALID",
    what: `nonTensorStack needs a list of values and a list of sizes, not ${shown(values)} and ${shown(shape)}.`,
    hint: 'Write nonTensorStack(["a", "b"], [2]).',
  });
}
