import { ShapeError } from "../errors/base.ts";
import { formatSizes } from "../text/keys.ts";

export function nonTensorCount(shape: readonly number[], count: number): ShapeError {
  return new ShapeError({
    code: "NON_TENSOR_COUNT",
    what: `${count} values were given for the shape ${formatSizes(shape)}.`,
    hint: "Give one value per element.",
    fields: { shape, count },
  });
}
