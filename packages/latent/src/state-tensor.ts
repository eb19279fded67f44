import { checkArgument, isTensor, type TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * A tensor of numbers that a state holds; `undefined` where there is none. **Ownership:** *borrowed*.
 *
 * @throws UsageError `ARGUMENT_INVALID`
 */
export function stateTensor(
  owner: string,
  state: TensorDict,
  key: string | readonly string[],
): Tensor | undefined {
  checkArgument(`${owner}.restore`, "state", state, "a TensorDict");
  const found: unknown = state.get(key as string, undefined as never); // any value may lie there
  const isNumeric = isTensor(found) && found.dtype !== "string" && found.dtype !== "complex64";
  return isNumeric ? found : undefined;
}
