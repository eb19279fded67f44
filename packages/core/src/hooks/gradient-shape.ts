import type { Tensor } from "@tensorflow/tfjs-core";
import { isPlainRecord, isTensor, isTensorDict } from "@hookdict/tensordict";

type Fill = (next: () => Tensor | undefined) => unknown;

/** Whether gradients flow through the tensor. */
export function isDifferentiable(tensor: Tensor): boolean {
  return tensor.dtype === "float32";
}

/**
 * A function that gives the value's structure with gradients in place of its differentiable tensors, and nothing in
 * place of the others. It holds none of the value's tensors, which may be gone when gradients come.
 */
export function gradientShape(value: unknown): (gradients: readonly Tensor[]) => unknown {
  const fill = fillOf(value);
  return (gradients) => {
    let next = 0;
    return fill(() => gradients[next++]);
  };
}

function fillOf(value: unknown): Fill {
  if (isTensor(value)) return isDifferentiable(value) ? (next) => next() : () => undefined;
  if (Array.isArray(value)) {
    const items = value.map(fillOf);
    return (next) => items.map((fill) => fill(next));
  }
  if (isTensorDict(value)) {
    const keys = value.mapEntries((_, leaf) => (isTensor(leaf) && isDifferentiable(leaf) ? true : undefined));
    return (next) => keys.mapEntries(() => next());
  }
  if (isPlainRecord(value)) {
    const items = Object.entries(value).map(([key, item]) => [key, fillOf(item)] as const);
    return (next) => Object.fromEntries(items.map(([key, fill]) => [key, fill(next)]));
  }
  return () => value;
}
