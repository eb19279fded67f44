import type { Tensor } from "@tensorflow/tfjs-core";
import { engineInternals } from "./reference.ts";
import { forEachTensor, isPlainRecord, isTensor, isTensorDict } from "../values/structure.ts";

/** A point in the order in which tensors are made, for {@link leaveToScope}. */
export function tensorMark(): number {
  return engineInternals().constructor.nextTensorId;
}

/**
 * Hands the tensors of a value's TensorDicts to the active scope, as single tensors are: a TensorDict keeps its own
 * alive, and nobody else knows of one that a run has made. Tensors older than the mark belong to somebody else.
 */
export function leaveToScope(value: unknown, since = 0): void {
  if (isTensor(value)) return;
  if (isTensorDict(value)) forEachTensor(value, (tensor) => leave(tensor, since));
  else if (Array.isArray(value)) for (const item of value) leaveToScope(item, since);
  else if (isPlainRecord(value)) for (const item of Object.values(value)) leaveToScope(item, since);
}

function leave(tensor: Tensor, since: number): void {
  if (!tensor.kept || tensor.id < since) return;
  tensor.kept = false;
  engineInternals().track(tensor);
}
