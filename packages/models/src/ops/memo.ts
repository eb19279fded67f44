import type { Tensor } from "@tensorflow/tfjs-core";

/** Results of steps that may be asked for again with the same tensor. Holds no ownership: scopes free what it names. */
export class Memo {
  readonly #steps = new Map<string, Map<Tensor, Tensor>>();

  /** What `make` gave for this step and input before, or gives now. **Ownership:** as `make` says. */
  get(step: string, input: Tensor, make: () => Tensor): Tensor {
    let results = this.#steps.get(step);
    if (results === undefined) this.#steps.set(step, (results = new Map<Tensor, Tensor>()));
    const known = results.get(input);
    // A hook's scope may have freed it since.
    if (known !== undefined && !known.isDisposed) return known;
    const made = make();
    results.set(input, made);
    return made;
  }
}
