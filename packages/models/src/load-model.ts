import { type DirectoryLocation, findJson, openCheckpoint, openDirectory, readJson } from "@hookdict/tensordict/io";
import { modelTypeUnknown } from "./errors.ts";
import { FAMILIES } from "./families/index.ts";
import { Tokenizer } from "./tokenizer.ts";
import type { Family } from "./transformer/family.ts";
import { ConfigFields } from "./transformer/fields.ts";
import { Parameters } from "./transformer/parameters.ts";
import { readParameters } from "./transformer/read-parameters.ts";
import { Transformer } from "./transformer/transformer.ts";

/**
 * Loads a model of any known family from a Hugging Face directory: config.json (as transformers 4 or 5 writes it), weights
 * as safetensors (one file or shards with an index; F32, F16, BF16), and tokenizer.json if there is one. Everything is
 * checked before memory is taken for weights.
 *
 * **Ownership:** *returns owned*; dispose it, or use it with `using`. When loading fails, nothing stays behind.
 *
 * @param location A path (Node), a base URL, `File`s, or byte arrays by name.
 * @throws FormatError naming file, field and tensor: `MODEL_TYPE_UNKNOWN`, `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`,
 * `CHECKPOINT_TENSORS_MISSING`, `CHECKPOINT_TENSORS_EXTRA`, `CHECKPOINT_TENSOR_SHAPE`, `CHECKPOINT_TENSOR_DTYPE`,
 * `TOKENIZER_INVALID`.
 *
 * @example no-run
 * using model = await loadModel("./Llama-3.2-1B");
 * const logits = model.call("When Mary and John went to the store");
 */
export async function loadModel(location: DirectoryLocation): Promise<Transformer> {
  const directory = openDirectory(location);
  const file = `${directory.name}/config.json`;
  const fields = new ConfigFields(await readJson(directory, "config.json"), file);
  const type = fields.raw("model_type");
  const family = FAMILIES.find(({ modelTypes }) => modelTypes.some((each) => each === type));
  if (family === undefined) {
    throw modelTypeUnknown(file, type, FAMILIES.flatMap(({ modelTypes }) => modelTypes));
  }
  return loadFamily(family, location);
}

/** Loads a model of one family, whatever `model_type` says; otherwise as {@link loadModel}. */
export async function loadFamily(family: Family, location: DirectoryLocation): Promise<Transformer> {
  const directory = openDirectory(location);
  const file = `${directory.name}/config.json`;
  const config = family.config(new ConfigFields(await readJson(directory, "config.json"), file));
  const json = await findJson(directory, "tokenizer.json", { anyKeys: true });
  const settings = (await findJson(directory, "tokenizer_config.json")) ?? {};
  const tokenizer =
    json === undefined
      ? undefined
      : new Tokenizer(json, settings, `${directory.name}/tokenizer.json`, config.bosTokenId);
  await using store = await openCheckpoint(directory);
  const parameters = new Parameters(await readParameters(store, family, family.tensors(config)));
  return new Transformer(config, parameters, tokenizer);
}
