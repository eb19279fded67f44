import { checkArgument } from "@hookdict/tensordict";
import type { DirectoryLocation } from "@hookdict/tensordict/io";
import { gpt2 } from "../families/gpt2.ts";
import { made, type RandomModelOptions, readModel } from "../load-model.ts";
import { randomParameters } from "../transformer/random.ts";
import { type ModelOptions, Transformer } from "../transformer/transformer.ts";
import type { Block } from "../transformer/block.ts";
import type { TransformerConfig } from "../transformer/config.ts";
import type { Mlp } from "../transformer/mlp.ts";
import type { Norm } from "../transformer/norm.ts";
import { ModelWeights } from "../transformer/weights.ts";
import { type GPT2Choices, type GPT2Config, type GPT2Sizes, gpt2Config, withSizes } from "./config.ts";

/**
 * GPT-2: the {@link Transformer} of this family, which `loadModel` gives for its directories as well. Calling it with
 * int32 tokens `[batch, pos]` gives float32 logits `[batch, pos, dVocab]`.
 *
 * **Ownership:** owns its weights, until it is disposed. `call` *borrows* the tokens and *returns owned* logits.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const logits = model.call(model.tokens("When Mary and John went to the"));
 * logits.shape; // => [1, 8, 103]
 */
export class GPT2 extends Transformer {
  declare readonly config: GPT2Config;
  declare readonly ln_final: Norm;
  declare readonly blocks: readonly (Block & { readonly ln1: Norm; readonly ln2: Norm; readonly mlp: Mlp })[];

  /** **Ownership:** *takes* the weights. */
  constructor(config: TransformerConfig, weights: ModelWeights, options?: ModelOptions) {
    super(withSizes(config), weights, options);
  }

  /**
   * Loads a model from a Hugging Face directory, as {@link loadModel} does, and refuses other families.
   *
   * **Ownership:** *returns owned*; dispose it, or use it with `using`. When loading fails, nothing stays behind.
   *
   * @param location A path (Node), a base URL, `File`s, or byte arrays by name.
   * @throws FormatError naming file, field and tensor; `MODEL_NOT_FOUND` for a name in place of a directory.
   *
   * @example
   * using model = await GPT2.fromPretrained("https://example.org/ioi-tiny/");
   */
  static async fromPretrained(
    location: DirectoryLocation,
    options: Omit<ModelOptions, "tokenizer"> = {},
  ): Promise<GPT2> {
    checkArgument("fromPretrained", "options", options, "a record");
    return await readModel(location, options, {
      choose(fields) {
        fields.oneOf("model_type", gpt2.modelTypes);
        return gpt2;
      },
      make: (config, weights, all) => new GPT2(config, weights, all),
    });
  }

  /**
   * A model with random weights, for benchmarks and tests.
   *
   * **Ownership:** *returns owned*.
   *
   * @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED` for sizes that do not fit together.
   *
   * @example
   * using model = GPT2.fromConfig({ nLayers: 2, nHeads: 2, dModel: 8, dVocab: 11, nPositions: 5 }, { seed: 1 });
   */
  static fromConfig(sizes: GPT2Sizes & GPT2Choices, options: RandomModelOptions = {}): GPT2 {
    checkArgument("fromConfig", "options", options, "a record");
    const { seed = 0, ...others } = options;
    checkArgument("fromConfig", "seed", seed, "a finite number");
    const config = gpt2Config(sizes);
    const weights = new ModelWeights(randomParameters(gpt2, config, seed));
    return made(weights, () => new GPT2(config, weights, others));
  }
}
