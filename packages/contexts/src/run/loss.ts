import type { HookedModule } from "@hookdict/core";
import { isTensor, tensorsOf } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import { dispose, keep, type Tensor } from "@tensorflow/tfjs-core";
import type { HookingContext } from "../context.ts";
import { option, type Option } from "../define/option.ts";

/** The option of runs that end with a backward pass. */
export const LOSS: Readonly<Record<"loss", Option>> = { loss: option.fn() };

/** Calls inside a backward pass. **Ownership:** returns owned. */
export function callWithLoss<A extends readonly unknown[], O>(
  hooked: HookedModule<A, O, HookingContext>,
  args: A,
  loss: (output: O) => Tensor,
): O {
  let output: O | undefined;
  try {
    hooked.backward(() => {
      const value = hooked.call(...args);
      for (const tensor of tensorsOf(value)) keep(tensor);
      output = value;
      return loss(value);
    });
  } catch (error) {
    dispose(tensorsOf(output));
    throw error;
  }
  return released(output) as O; // the same structure
}

/** The value with tensors that the caller's scope frees again, in place of kept ones. A TensorDict keeps its own. */
function released(value: unknown): unknown {
  if (isTensor(value)) {
    const given = share(value);
    value.dispose();
    return given;
  }
  if (Array.isArray(value)) return value.map(released);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, released(item)]));
}
