import type { Module } from "@hookdict/core";
import { type DirectoryLocation, openCheckpoint, openDirectory } from "@hookdict/tensordict/io";
import { modelTypeUnknown } from "./errors.ts";
import { FAMILIES } from "./families/families.ts";
import { readConfig } from "./read-config.ts";
import { loadTokenizer } from "./tokenizers/load.ts";
import type { Family } from "./transformer/family.ts";
import { Fields } from "./transformer/fields.ts";
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
  const directory = openDirectory(location);
  const configFile = options.config ?? "config.json";
  const file = `${directory.name}/${configFile}`;
  const fields = new Fields(await readConfig(location, directory, configFile), file);
  const family = familyOf(fields, file);
  const config = family.config(fields);
  const tokenizer = await loadTokenizer(directory, fields.token("bos_token_id"));
  await using store = await openCheckpoint(directory);
  const { tensors, warnings } = await readParameters(store, family, config);
  const weights = new ModelWeights(tensors, warnings);
  const all = { ...options, tokenizer };
  try {
    // Families without a maker are transformers; which kind it is, the caller knows.
    const model =
      family.make?.(config, weights, all) ?? new Transformer(config as TransformerConfig, weights, all);
    announce(warnings);
    return model as Module as M;
  } catch (error) {
    weights.dispose(); // options that the model refuses, or a listener that throws
    throw error;
  }
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
