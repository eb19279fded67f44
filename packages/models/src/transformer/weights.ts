import { showAsText } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { ModelWarning } from "../warnings.ts";
import type { StoredWeight } from "@hookdict/core";
import type { TensorSpec } from "./specs.ts";
import { disposeAll } from "../ops/kept.ts";

/** Parameters that are one tensor where the model ties them. */
const TIED: ReadonlySet<string> = new Set(["embed.weight", "unembed.weight"]);

/**
 * The parameters of a model by name: the path of the module that uses it, and `weight` or `bias` (`blocks.0.attn.q.weight`).
 * Matrices are `[in, out]`, embeddings and unembeddings `[row, dModel]`.
 *
 * **Ownership:** *takes* the tensors.
 */
export class ModelWeights {
  static {
    showAsText(
      this,
      (weights) =>
        `ModelWeights: ${weights.#tensors.size} tensors${weights.#isDisposed ? " (disposed)" : ""}`,
    );
  }

  readonly #tensors: ReadonlyMap<string, Tensor>;
  /** What was found when they were read, and may not be what was meant. */
  readonly warnings: readonly ModelWarning[];
  readonly #specs: readonly TensorSpec[];
  #isDisposed = false;

  /** @param specs What they were read from, where they are as they were read. */
  constructor(
    tensors: ReadonlyMap<string, Tensor>,
    warnings: readonly ModelWarning[] = [],
    specs: readonly TensorSpec[] = [],
  ) {
    this.#tensors = tensors;
    this.warnings = Object.freeze([...warnings]);
    this.#specs = specs;
  }

  /** The matrices of the checkpoint, and the parameters that they became. */
  get stored(): readonly StoredWeight[] {
    const isTied = this.find("unembed.weight") === undefined;
    return this.#specs.flatMap(({ name, shape, layout, targets }) => {
      const isOwn = targets.every(({ index, row, reshape }) => (index ?? row ?? reshape) === undefined);
      if (layout === "stacked" || shape.length !== 2 || !isOwn) return [];
      const isShared = isTied && targets.some(({ parameter }) => TIED.has(parameter));
      const parts = targets.map(({ parameter, outputs }) => ({ path: parameter, outputs }));
      return [{ name, shape, layout, isShared, parts }];
    });
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
