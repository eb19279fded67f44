import { keep, tensor, type Tensor } from "@tensorflow/tfjs-core";

/**
 * A float32 tensor that no scope frees.
 *
 * **Ownership:** *takes* `values`; *returns owned*.
 */
export function keptTensor(values: Float32Array, shape: readonly number[]): Tensor {
  return keep(tensor(values, [...shape], "float32"));
}

/** Disposes every tensor that is not disposed yet. **Ownership:** *takes* them. */
export function disposeAll(tensors: Iterable<Tensor>): void {
  for (const each of tensors) each.dispose();
}
