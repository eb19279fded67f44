import { type HostTensor, openFile, openNpz, type SourceDirectory } from "@hookdict/tensordict/io";
import type { DictionaryWeightName } from "../config.ts";
import { weightsMissing } from "../errors.ts";
import type { DictionaryFormat, ReadDictionary } from "./format.ts";
import { checkValues } from "./read-weights.ts";

const WEIGHTS = "params.npz";
const NAMES = { W_enc: "wEnc", W_dec: "wDec", b_enc: "bEnc", b_dec: "bDec", threshold: "threshold" } as const;

/**
 * Folders of Gemma Scope (Lieberum et al., arXiv 2408.05147): jump-ReLU autoencoders and transcoders in one file of NumPy. Sizes are those
 * of the weights; the file does not say at which site it belongs.
 */
export const gemmaScope1: DictionaryFormat = {
  name: "Gemma Scope 1",
  files: [WEIGHTS],
  read: (directory) => readNpzWeights(directory, WEIGHTS),
};

/** @throws FormatError `NPZ_*`, `NPY_*`, `FILE_NOT_FOUND`, `DICTIONARY_WEIGHTS_MISSING`, `DICTIONARY_WEIGHT_INVALID` */
export async function readNpzWeights(directory: SourceDirectory, path: string): Promise<ReadDictionary> {
  const file = `${directory.name}/${path}`;
  await using store = await openNpz(await openFile(directory, path));
  const weights: Partial<Record<DictionaryWeightName, HostTensor>> = {};
  for (const [written, name] of Object.entries(NAMES))
    if (store.names.includes(written)) weights[name] = checkValues(file, written, await store.read(written));
  const { wEnc, wDec } = weights;
  if (wEnc === undefined || wDec === undefined) throw weightsMissing(file, ["W_enc and W_dec"], store.names);
  const [dIn = 0, dSae = 0] = wEnc.shape;
  return { config: { activation: "jumpRelu", dIn, dSae, dOut: wDec.shape[1] ?? 0 }, weights, file };
}
