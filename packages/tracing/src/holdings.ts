import { tensorsOf } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { notOwned } from "./errors.ts";

/** The tensors that a trace owns for its user. */
export class Holdings {
  readonly #tensors = new Set<Tensor>();

  /** **Ownership:** takes the tensor. */
  add(tensor: Tensor): Tensor {
    this.#tensors.add(tensor);
    return tensor;
  }

  has(tensor: Tensor): boolean {
    return this.#tensors.has(tensor);
  }

  /** Gives up all tensors of a value. @throws LifetimeError `TRACE_TAKE`: then none is given up. */
  release(value: unknown): void {
    const tensors = tensorsOf(value);
    if (tensors.some((tensor) => !this.#tensors.has(tensor))) throw notOwned();
    for (const tensor of tensors) this.#tensors.delete(tensor);
  }

  dispose(): void {
    for (const tensor of this.#tensors) if (!tensor.isDisposed) tensor.dispose();
    this.#tensors.clear();
  }
}
