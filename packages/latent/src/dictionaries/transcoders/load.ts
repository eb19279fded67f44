import { type DirectoryLocation, openDirectory, toTensor } from "@hookdict/tensordict/io";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { SparseDictionary } from "../dictionary.ts";
import { dictionaryFrom, firstFormat } from "../load.ts";
import { transcodersUnknown } from "./errors.ts";
import { TRANSCODER_FORMATS } from "./formats.ts";
import { Transcoders } from "./transcoders.ts";

/**
 * Loads the transcoders of all layers from a folder of one of `TRANSCODER_FORMATS`, cross-layer or not, a layer at a time.
 * **Ownership:** returns owned.
 *
 * @throws FormatError `TRANSCODER_FORMAT`, `DICTIONARY_CONFIG`, `DICTIONARY_WEIGHTS_MISSING`, `DICTIONARY_WEIGHT_INVALID`, `SAFETENSORS_*`,
 * `NPZ_*`, `NPY_*`, `FILE_NOT_FOUND`; ShapeError `DICTIONARY_WEIGHT_SHAPE`, `TRANSCODER_LAYERS`; UsageError `OPTION_INVALID`: nothing is left on the backend then
 * @example no-run
 * using transcoders = await loadTranscoders("./clt-gemma-2-2b-426k");
 * String(transcoders); // => "Transcoders of 26 layers, cross-layer: 16384 features by relu, 2304 to 2304"
 */
export async function loadTranscoders(location: DirectoryLocation): Promise<Transcoders> {
  const directory = openDirectory(location);
  const format = await firstFormat(directory, TRANSCODER_FORMATS, transcodersUnknown);
  const layers: SparseDictionary[] = [];
  const later: Tensor[][] = [];
  try {
    for await (const read of format.read(directory)) {
      layers.push(dictionaryFrom(read));
      later.push((read.later ?? []).map(toTensor));
    }
    return new Transcoders(layers, later);
  } catch (error) {
    for (const made of [...layers, ...later.flat()]) made.dispose();
    throw error;
  }
}
