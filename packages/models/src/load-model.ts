import { checkArgument } from "@hookdict/tensordict";
import type { Module } from "@hookdict/core";
import { type DirectoryLocation, openCheckpoint, openDirectory } from "@hookdict/tensordict/io";
import { modelTypeUnknown } from "./errors.ts";
import { FAMILIES } from "./families/families.ts";
import { readConfig } from "./read-config.ts";
import { loadTokenizer } from "./tokenizers/load.ts";
import type { Family } from "./transformer/family.ts";
import { Fields } from "./transformer/fields.ts";
import { randomParameters } from "./transformer/random.ts";
import { readParameters } from "./transformer/read.ts";
import type { TransformerConfig } from "./transformer/config.ts";
import type { EncoderDecoder } from "./transformer/encoder-decoder.ts";
import type { ImageClassifier } from "./transformer/image-classifier.ts";
import type { StateSpaceModel } from "./transformer/state-space.ts";
import { type ModelOptions, Transformer } from "./transformer/transformer.ts";
import { announce } from "./warnings.ts";
import { ModelWeights } from "./transformer/weights.ts";

/** What there is to load, by kind. */
export type LoadedModel = Transformer | EncoderDecoder | ImageClassifier | StateSpaceModel;

/** Options of {@link loadModel}. */
export interface LoadModelOptions extends Omit<ModelOptions, "tokenizer"> {
  /** Name of the file with the config. Default `config.json`. */
  readonly config?: string;
}

/** Options of {@link randomModel}. */
export interface RandomModelOptions extends ModelOptions {
  /** Seed of the random weights. Default 0. */
  readonly seed?: number;
}

/**
 * Loads a model of any known family from a Hugging Face directory: config.json, weights as safetensors (one file or
 * shards with an index; F32, F16, BF16), and tokenizer.json if there is one. The family is chosen by `model_type`. Nothing
 * is downloaded: `location` is where the files are. A file with an unembedding of its own, though the config ties it to the
 * embedding, is loaded with it; the model's `warnings` and the event `warning` of `modelEvents` say so.
 *
 * **Ownership:** *returns owned*; dispose it, or use it with `using`. When loading fails, nothing stays behind.
 *
 * @typeParam M The kind of model: a `Transformer` unless said otherwise (`loadModel<EncoderDecoder>(...)` for T5 and BART,
 * `StateSpaceModel` for Mamba, `ImageClassifier` for ViT).
 * @param location A path (Node), a base URL, `File`s, or byte arrays by name.
 * @throws FormatError `MODEL_NOT_FOUND`, `MODEL_TYPE_UNKNOWN`, `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`, and those of the checkpoint.
 * @example no-run
 * using model = await loadModel("./llama");
 * const logits = model.call(model.tokens("When Mary and John went to the"));
 */
export async function loadModel<M extends LoadedModel = Transformer>(
  location: DirectoryLocation,
  options: LoadModelOptions = {},
): Promise<M> {
  checkArgument("loadModel", "options", options, "a record");
  return await readModel(location, options, { choose: familyOf, make: makeModel<M> });
}

/**
 * A model of any known family with random weights, for benchmarks and tests: gains 1, biases 0, all else normal.
 *
 * **Ownership:** *returns owned*; dispose it, or use it with `using`.
 *
 * @typeParam M The kind of model, as of {@link loadModel}.
 * @param config What a config.json of the family says.
 * @throws FormatError `MODEL_TYPE_UNKNOWN`, `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`; UsageError `POINT_UNKNOWN`.
 * @example
 * const sizes = { hidden_size: 8, intermediate_size: 16, num_hidden_layers: 2, num_attention_heads: 2, vocab_size: 11 };
 * using model = randomModel({ model_type: "llama", ...sizes }, { seed: 1 });
 * model.W_gate.shape; // => [2, 8, 16]
 */
export function randomModel<M extends LoadedModel = Transformer>(
  config: object,
  options: RandomModelOptions = {},
): M {
  checkArgument("randomModel", "config", config, "a record");
  checkArgument("randomModel", "options", options, "a record");
  const { seed = 0, ...others } = options;
  checkArgument("randomModel", "seed", seed, "a finite number");
  const fields = new Fields(config, "config");
  const family = familyOf(fields, "config");
  const read = family.config(fields.over(family.defaults));
  const weights = new ModelWeights(randomParameters(family, read, seed));
  return made(weights, () => makeModel<M>(read, weights, others, family));
}

/** How a directory becomes a model. */
interface Maker<M, C> {
  /** @param file Name for messages. */
  choose(fields: Fields, file: string): Family<C>;
  make(config: C, weights: ModelWeights, options: ModelOptions, family: Family<C>): M;
}

/** What {@link loadModel} does, for any maker. **Ownership:** *returns owned*. */
export async function readModel<M, C>(
  location: DirectoryLocation,
  { config: configFile = "config.json", ...options }: LoadModelOptions,
  maker: Maker<M, C>,
): Promise<M> {
  const directory = openDirectory(location);
  const file = `${directory.name}/${configFile}`;
  const fields = new Fields(await readConfig(location, directory, configFile), file);
  const family = maker.choose(fields, file);
  const config = family.config(fields.over(family.defaults));
  const tokenizer = await loadTokenizer(directory, fields.token("bos_token_id"));
  await using store = await openCheckpoint(directory);
  const { tensors, warnings } = await readParameters(store, family, config);
  const weights = new ModelWeights(tensors, warnings, family.tensors(config));
  const model = made(weights, () => maker.make(config, weights, { ...options, tokenizer }, family));
  announce(warnings);
  return model;
}

/** The model; where it refuses its options, nothing stays behind. **Ownership:** *takes* the weights. */
export function made<M>(weights: ModelWeights, make: () => M): M {
  try {
    return make();
  } catch (error) {
    weights.dispose();
    throw error;
  }
}

/** Families without a maker are transformers. */
function makeModel<M extends LoadedModel>(
  config: unknown,
  weights: ModelWeights,
  options: ModelOptions,
  family: Family<unknown>,
): M {
  const model: Module =
    family.make?.(config, weights, options) ?? new Transformer(config as TransformerConfig, weights, options);
  return model as M; // which kind it is, the caller knows
}

function familyOf(fields: Fields, file: string): Family<unknown> {
  const type = fields.raw("model_type");
  const family = FAMILIES.find(({ modelTypes }) => modelTypes.some((each) => each === type));
  if (family !== undefined) return family;
  throw modelTypeUnknown(
    file,
    type,
    FAMILIES.flatMap(({ modelTypes }) => modelTypes),
  );
}
