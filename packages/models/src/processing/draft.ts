import { clone, keep, type Tensor } from "@tensorflow/tfjs-core";
import type { TransformerConfig } from "../transformer/config.ts";
import { ModelWeights } from "../transformer/weights.ts";

/** Parameters and config of a model that is being made of another. **Ownership:** *borrows* what it is given. */
export class Draft {
  config: TransformerConfig;
  readonly #tensors: Map<string, Tensor>;

  constructor(config: TransformerConfig, weights: ModelWeights) {
    this.config = config;
    this.#tensors = new Map(weights.names.map((name) => [name, weights.get(name)]));
  }

  find(name: string): Tensor | undefined {
    return this.#tensors.get(name);
  }

  get(name: string): Tensor {
    const found = this.find(name);
    if (found === undefined) throw new TypeError(`no parameter ${name}`); // the config calls for it
    return found;
  }

  /** Puts another value in the place of one, or a further one. */
  set(name: string, value: Tensor): void {
    this.#tensors.set(name, value);
  }

  delete(name: string): void {
    this.#tensors.delete(name);
  }

  /** `[dVocab, dModel]`, also where it is tied: from now on it is its own. */
  get unembedding(): Tensor {
    return this.find("unembed.weight") ?? this.get("embed.weight");
  }

  set unembedding(value: Tensor) {
    this.set("unembed.weight", value);
    this.config = { ...this.config, isTied: false };
  }

  /** **Ownership:** *returns owned* weights, which share the memory of what did not change. */
  finish(): ModelWeights {
    const owned = [...this.#tensors].map(([name, value]) => [name, keep(clone(value))] as const);
    return new ModelWeights(new Map(owned));
  }
}
