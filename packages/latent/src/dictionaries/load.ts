import {
  findFile,
  type DirectoryLocation,
  openDirectory,
  type SourceDirectory,
  toTensor,
} from "@hookdict/tensordict/io";
import { checkOptionNames, type FormatError } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkConfig, checkWeights } from "./check.ts";
import type { DictionaryConfig, DictionaryWeights } from "./config.ts";
import { SparseDictionary } from "./dictionary.ts";
import { formatUnknown } from "./errors.ts";
import { DICTIONARY_FORMATS } from "./formats.ts";
import type { ReadDictionary } from "./formats/format.ts";

/**
 * Loads a sparse dictionary from a folder of one of `DICTIONARY_FORMATS`. **Ownership:** returns owned.
 *
 * @param sites Where it belongs, in place of what the folder says: Gemma Scope 1 says nothing.
 * @throws FormatError `DICTIONARY_FORMAT`, `DICTIONARY_CONFIG`, `DICTIONARY_WEIGHTS_MISSING`, `DICTIONARY_WEIGHT_INVALID`, `JSON_*`,
 * `SAFETENSORS_*`, `NPZ_*`, `NPY_*`; ShapeError `DICTIONARY_WEIGHT_SHAPE`; UsageError `OPTION_INVALID`: nothing is left on the backend then
 * @example no-run
 * using dictionary = await loadDictionary("./gpt2-small-res-jb/blocks.8.hook_resid_pre");
 * String(dictionary); // => "SparseDictionary of 24576 features by relu, 768 to 768"
 */
export async function loadDictionary(
  location: DirectoryLocation,
  sites: Pick<DictionaryConfig, "site" | "outputSite"> = {},
): Promise<SparseDictionary> {
  checkOptionNames("loadDictionary", sites, ["site", "outputSite"]);
  const directory = openDirectory(location);
  const format = await firstFormat(directory, DICTIONARY_FORMATS, formatUnknown);
  const read = await format.read(directory);
  return dictionaryFrom({ ...read, config: { ...read.config, ...sites } });
}

/** What a folder holds, checked and put on the backend. **Ownership:** returns owned. */
export function dictionaryFrom({ config, weights, file }: ReadDictionary): SparseDictionary {
  checkWeights(file, checkConfig(file, config), weights);
  const tensors: DictionaryWeights<Tensor> = Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, toTensor(weight)]),
  );
  return new SparseDictionary(config, tensors);
}

/** The first layout that a folder has all files of. */
export async function firstFormat<F extends { readonly files: readonly string[] }>(
  directory: SourceDirectory,
  formats: readonly F[],
  unknown: (folder: string, wanted: readonly string[]) => FormatError,
): Promise<F> {
  for (const format of formats) if (await hasAll(directory, format.files)) return format;
  throw unknown(
    directory.name,
    formats.map(({ files }) => files.join(" and ")),
  );
}

async function hasAll(directory: SourceDirectory, files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const source = await findFile(directory, file);
    if (source === undefined) return false;
    await source.close();
  }
  return true;
}
