import { scalar, tensor, type Tensor } from "@tensorflow/tfjs-core";

type Numbers = number | readonly Numbers[] | Float64Array;

/** What a computation found, as tensors in 32 bits to compare. **Ownership:** returns owned. */
export function tensorsOf(found: Readonly<Record<string, Numbers>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(found).map(([role, value]) => [
      role,
      typeof value === "number"
        ? scalar(value)
        : tensor(
            value instanceof Float64Array ? Float32Array.from(value) : (value as number[]),
            undefined,
            "float32",
          ),
    ]),
  );
}
