import { argumentInvalid, checkArgument } from "../values/arguments.ts";
import { isCount } from "../values/counts.ts";
import { cast, equal, expandDims, oneHot, type Tensor } from "@tensorflow/tfjs-core";

/**
 * Rows that are 1 at an index and 0 elsewhere, float32 `[...indices, depth]`, on every backend; TensorFlow.js's own refuses a depth of 1 and
 * has other types. New tensors belong to the scope.
 *
 * @param indices int32; those outside give zeros.
 * @throws UsageError `ARGUMENT_INVALID`
 */
export function oneHotRows<R extends Tensor>(indices: Tensor, depth: number): R {
  checkArgument("oneHotRows", "indices", indices, "a tensor of numbers");
  if (indices.dtype !== "int32") throw argumentInvalid("oneHotRows", "indices", indices, "an int32 tensor");
  if (!isCount(depth, 1)) throw argumentInvalid("oneHotRows", "depth", depth, "a whole number from 1 up");
  const rows = depth === 1 ? equal(expandDims(indices, -1), 0) : oneHot(indices, depth);
  return cast(rows as R, "float32");
}
