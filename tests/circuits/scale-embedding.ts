import { type FactoryDescription, type HookingContext, HookingContextFactory } from "@hookdict/contexts";
import { mul, type Tensor } from "@tensorflow/tfjs-core";

/** Multiplies embeddings: a change of the model that every run of it must have. */
export class ScaleEmbedding extends HookingContextFactory {
  readonly #factor: number;

  constructor(factor: number) {
    super();
    this.#factor = factor;
  }

  override describe(): FactoryDescription {
    return { name: "ScaleEmbedding", options: { factor: this.#factor } };
  }

  protected override setUp(context: HookingContext): void {
    context.hook("hook_embed", "fwd", (x: Tensor) => mul(x, this.#factor));
  }
}
