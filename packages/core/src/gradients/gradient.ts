import type { GradConfig, Tensor } from "@tensorflow/tfjs-core";
import { zeros } from "@tensorflow/tfjs-core";

/** The gradient of one operation of TensorFlow.js. */
export type Gradient = GradConfig;

/** The incoming gradient of an operation with one output. */
export function only(incoming: Tensor | Tensor[]): Tensor {
  const gradient = Array.isArray(incoming) ? incoming[0] : incoming;
  if (gradient === undefined) throw new TypeError("an operation without output has no gradient");
  return gradient;
}

/** A gradient of zero: of what a result does not vary with, such as the indices of a gather. */
export function none(tensor: Tensor): () => Tensor {
  const shape = [...tensor.shape];
  return () => zeros(shape, "float32");
}

/** Tensors that an operation saved: as many as its `inputsToSave` and `outputsToSave` say. */
export function savedTensor(saved: readonly Tensor[], i: number): Tensor {
  const tensor = saved[i];
  if (tensor === undefined) throw new TypeError(`tensor ${i} was not saved`);
  return tensor;
}
