import {
  type DirectoryLocation,
  openDirectory,
  type SourceDirectory,
  toTensor,
} from "@hookdict/tensordict/io";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkConfig, checkWeights } from "./check.ts";
import type { DictionaryWeights } from "./config.ts";
import { SparseDictionary } from "./dictionary.ts";
import { formatUnknown } from "./errors.ts";
import { DICTIONARY_FORMATS } from "./formats.ts";
import type { DictionaryFormat } from "./formats/format.ts";

/**
 * Loads a sparse dictionary from a folder of one of `DICTIONARY_FORMATS`. **Ownership:** returns owned.
 *
 * @throws FormatError `DICTIONARY_FORMAT`, `DICTIONARY_CONFIG`, `DICTIONARY_WEIGHTS_MISSING`, `DICTIONARY_WEIGHT_INVALID`, `JSON_*`,
 * `SAFETENSORS_*`; ShapeError `DICTIONARY_WEIGHT_SHAPE`; UsageError `OPTION_INVALID`: nothing is left on the backend then
 * @example no-run
 * using dictionary = await loadDictionary("./gpt2-small-res-jb/blocks.8.hook_resid_pre");
 * String(dictionary); // => "SparseDictionary of 24576 features by relu, 768 to 768"
 */
export async function loadDictionary(location: DirectoryLocation): Promise<SparseDictionary> {
  const directory = openDirectory(location);
  const format = await formatOf(directory);
  const { config, weights, file } = await format.read(directory);
  checkWeights(file, checkConfig(file, config), weights);
  const tensors: DictionaryWeights<Tensor> = Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, toTensor(weight)]),
  );
  return new SparseDictionary(config, tensors);
}

async function formatOf(directory: SourceDirectory): Promise<DictionaryFormat> {
  for (const format of DICTIONARY_FORMATS) if (await hasAll(directory, format.files)) return format;
  throw formatUnknown(
    directory.name,
    DICTIONARY_FORMATS.map(({ files }) => files.join(" and ")),
  );
}

async function hasAll(directory: SourceDirectory, files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const source = await directory.find(file);
    if (source === undefined) return false;
    await source.close();
  }
  return true;
}
