import { clone, div, expandDims, keep, mul, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { DictionaryWeightName } from "./config.ts";
import { checkConfig } from "./check.ts";
import { needDictionary, SparseDictionary } from "./dictionary.ts";

/**
 * The same dictionary with decoder rows of length 1: it writes the same, and its features are as large as what they write.
 * **Ownership:** borrows the dictionary, returns owned.
 *
 * @throws LifetimeError `DICTIONARY_DISPOSED`
 * @example
 * const one = new SparseDictionary(
 *   { activation: "relu", dIn: 1, dSae: 1 },
 *   { wEnc: tensor2d([[1]]), wDec: tensor2d([[4]]), bEnc: tensor1d([0]), bDec: tensor1d([0]) },
 * );
 * foldDecoderNorms(one).encode(tensor2d([[3]])).arraySync(); // => [[12]]
 */
export function foldDecoderNorms(dictionary: SparseDictionary): SparseDictionary {
  needDictionary("foldDecoderNorms", dictionary);
  const { config, weights, decoderNorms } = dictionary;
  const { bias, weights: own } = checkConfig("foldDecoderNorms", config).activation;
  const scaled = new Set<string>([
    bias,
    ...Object.keys(own).filter((name) => own[name as DictionaryWeightName] === "scales"),
  ]);
  const folded = tidy(() => {
    const change = (name: string, weight: Tensor): Tensor => {
      if (name === "wDec") return div(weight, expandDims(decoderNorms, 1));
      return name === "wEnc" || scaled.has(name) ? mul(weight, decoderNorms) : clone(weight);
    };
    return Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [name, keep(change(name, weight))]),
    );
  });
  return new SparseDictionary(config, folded);
}
