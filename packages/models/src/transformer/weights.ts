import type { Tensor } from "@tensorflow/tfjs-core";
import type { ModelWarning } from "../warnings.ts";
import { disposeAll } from "../ops/kept.ts";

/**
 * The parameters of a model by name: the path of the module that uses it, and `weight` or `bias` (`blocks.0.attn.q.weight`).
 * Matrices are `[in, out]`, embeddings and unembeddings `[row, dModel]`.
 *
 * **Ownership:** *takes* the tensors.
 */
export class ModelWeights {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  /** What was found when they were read, and may not be what was meant. */
  readonly warnings: readonly ModelWarning[];
  #isDisposed = false;

  constructor(tensors: ReadonlyMap<string, Tensor>, warnings: readonly ModelWarning[] = []) {
    this.#tensors = tensors;
    this.warnings = Object.freeze([...warnings]);
  }

  /** Names, in the order in which the family lists them. */
  get names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  /** All of them. **Ownership:** *borrows* them to you. */
  get byName(): Readonly<Record<string, Tensor>> {
    return Object.fromEntries(this.#tensors);
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** A parameter that there may be. **Ownership:** *borrows* it to you. */
  find<T extends Tensor = Tensor>(name: string): T | undefined {
    return this.#tensors.get(name) as T | undefined; // the spec fixed the rank
  }

  /** A parameter that the config calls for. **Ownership:** *borrows* it to you. */
  get<T extends Tensor = Tensor>(name: string): T {
    const found = this.find<T>(name);
    if (found === undefined) throw new TypeError(`no parameter ${name}`); // every spec was read
    return found;
  }

  /** Frees the parameters; twice is nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    disposeAll([...new Set(this.#tensors.values())]);
  }
}
