import {
  type DirectoryLocation,
  findJson,
  openCheckpoint,
  openDirectory,
  readJson,
} from "@hookdict/tensordict/io";
import { modelTypeUnknown } from "./errors.ts";
import { FAMILIES } from "./families/families.ts";
import { Tokenizer } from "./tokenizer.ts";
import type { Family } from "./transformer/family.ts";
import { Fields } from "./transformer/fields.ts";
import { readParameters } from "./transformer/read.ts";
import { Transformer, type TransformerOptions } from "./transformer/transformer.ts";
import { ModelWeights } from "./transformer/weights.ts";

/**
 * Loads a model of any known family from a Hugging Face directory: config.json, weights as safetensors (one file or
 * shards with an index; F32, F16, BF16), and tokenizer.json if there is one. The family is chosen by `model_type`.
 *
 * **Ownership:** *returns owned*; dispose it, or use it with `using`. When loading fails, nothing stays behind.
 *
 * @param location A path (Node), a base URL, `File`s, or byte arrays by name.
 * @throws FormatError `MODEL_TYPE_UNKNOWN`, `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`, and those of the checkpoint.
 * @example no-run
 * using model = await loadModel("./llama");
 * const logits = model.call(model.tokens("When Mary and John went to the"));
 */
export async function loadModel(
  location: DirectoryLocation,
  options: Omit<TransformerOptions, "tokenizer"> & { readonly config?: string } = {},
): Promise<Transformer> {
  const directory = openDirectory(location);
  const configFile = options.config ?? "config.json";
  const file = `${directory.name}/${configFile}`;
  const fields = new Fields(await readJson(directory, configFile), file);
  const family = familyOf(fields, file);
  const config = family.config(fields);
  const json = await findJson(directory, "tokenizer.json", { anyKeys: true }); // any word may be a key of a vocabulary
  const settings = (await findJson(directory, "tokenizer_config.json")) ?? {};
  const tokenizer =
    json === undefined
      ? undefined
      : new Tokenizer(json, settings, `${directory.name}/tokenizer.json`, config.bosTokenId);
  await using store = await openCheckpoint(directory);
  const weights = new ModelWeights(await readParameters(store, family, config));
  return new Transformer(config, weights, { ...options, tokenizer });
}

function familyOf(fields: Fields, file: string): Family {
  const type = fields.raw("model_type");
  const family = FAMILIES.find(({ modelTypes }) => modelTypes.some((each) => each === type));
  if (family !== undefined) return family;
  throw modelTypeUnknown(
    file,
    type,
    FAMILIES.flatMap(({ modelTypes }) => modelTypes),
  );
}
