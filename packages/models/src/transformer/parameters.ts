import type { Tensor } from "@tensorflow/tfjs-core";
import { keptTensor } from "../ops/kept.ts";

/** A model's parameters by name. **Ownership:** owns them until it is disposed. */
export class Parameters {
  readonly #tensors: Map<string, Tensor>;
  readonly #zeros = new Map<number, Tensor>();
  #isDisposed = false;

  /** **Ownership:** *takes* the tensors. */
  constructor(tensors: Map<string, Tensor>) {
    this.#tensors = tensors;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** All by name, a shared one once. */
  get all(): ReadonlyMap<string, Tensor> {
    return this.#tensors;
  }

  find(name: string): Tensor | undefined {
    return this.#tensors.get(name);
  }

  get(name: string): Tensor {
    const found = this.#tensors.get(name);
    if (found === undefined) throw new TypeError(`no parameter ${name}`); // a family's tensors make up its config
    return found;
  }

  /** A bias, or as many zeros where there is none. */
  bias(name: string, width: number): Tensor {
    return this.#tensors.get(name) ?? this.zeros(width);
  }

  zeros(width: number): Tensor {
    const known = this.#zeros.get(width);
    if (known !== undefined) return known;
    const made = keptTensor(new Float32Array(width), [width]);
    this.#zeros.set(width, made);
    return made;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const tensor of [...this.#tensors.values(), ...this.#zeros.values()]) tensor.dispose();
  }
}
