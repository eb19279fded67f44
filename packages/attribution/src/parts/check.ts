import { checkArgument, isHookdictError } from "@hookdict/tensordict";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { partInput } from "../errors.ts";

/** Checks what plain JavaScript may give as weights. @throws UsageError `ARGUMENT_INVALID` */
export function checkWeights(
  part: string,
  weights: unknown,
  needed: readonly string[],
  optional: readonly string[] = [],
): void {
  checkArgument(part, "weights", weights, "a record");
  const given = weights as Readonly<Record<string, unknown>>; // just checked
  for (const name of needed) checkArgument(part, `weights.${name}`, given[name], "a tensor");
  for (const name of optional)
    if (given[name] !== undefined) checkArgument(part, `weights.${name}`, given[name], "a tensor");
}

/**
 * What a part of a model gives for its inputs. **Ownership:** *borrows*; the result belongs to the active scope.
 *
 * @throws UsageError `ARGUMENT_INVALID`; ShapeError `PART_INPUT` for tensors that do not fit the part
 */
export function computed(part: object, inputs: readonly Tensor[], compute: () => Tensor): Tensor {
  const { name } = part.constructor;
  for (const input of inputs) checkArgument(name, "input", input, "a tensor of numbers");
  try {
    return tidy(compute);
  } catch (error) {
    if (isHookdictError(error)) throw error;
    throw partInput(
      name,
      inputs.map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`).join(" and "),
      error,
    );
  }
}
