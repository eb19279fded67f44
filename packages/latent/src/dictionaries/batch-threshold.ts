import { checkArgument } from "@hookdict/tensordict";
import { optionInvalid } from "@hookdict/contexts";
import { clone, fill, type Tensor } from "@tensorflow/tfjs-core";
import { needDictionary, SparseDictionary } from "./dictionary.ts";

/**
 * The running mean of the least features of batches, after one more: `(1 - rate) threshold + rate min`, of the features above 0. A batch
 * without any leaves it as it is. Bussmann et al., arXiv 2412.06410, section 3.1. **Ownership:** borrows.
 *
 * @example
 * (await nextBatchThreshold(2, tensor2d([[0, 1], [3, 0]]), 0.5)).toFixed(1); // => "1.5"
 */
export async function nextBatchThreshold(threshold: number, features: Tensor, rate = 0.01): Promise<number> {
  checkArgument("nextBatchThreshold", "threshold", threshold, "a finite number");
  checkArgument("nextBatchThreshold", "features", features, "a tensor of numbers");
  checkArgument("nextBatchThreshold", "rate", rate, "a finite number");
  let least = Infinity;
  for (const value of await features.data()) if (value > 0 && value < least) least = value;
  return least === Infinity ? threshold : (1 - rate) * threshold + rate * least;
}

/**
 * A batch top-k dictionary as it is used once it is trained: with one threshold for all features, so that what a row has does not depend on
 * the rows beside it. **Ownership:** borrows the dictionary, returns owned.
 *
 * @throws UsageError `OPTION_INVALID` where it is of another kind, or has no `batchThreshold`; LifetimeError `DICTIONARY_DISPOSED`
 * @example
 * const trained = new SparseDictionary(
 *   { activation: "batchTopK", k: 1, dIn: 1, dSae: 1, batchThreshold: 2 },
 *   { wEnc: tensor2d([[1]]), wDec: tensor2d([[1]]), bEnc: tensor1d([0]), bDec: tensor1d([0]) },
 * );
 * withBatchThreshold(trained).encode(tensor2d([[1.9], [2.1]])).arraySync().flat().map(Math.round); // => [0, 2]
 */
export function withBatchThreshold(dictionary: SparseDictionary): SparseDictionary {
  needDictionary("withBatchThreshold", dictionary);
  const { weights } = dictionary;
  const { k: _k, batchThreshold, activation, ...config } = dictionary.config;
  if (activation !== "batchTopK" || batchThreshold === undefined) {
    const isOther = activation !== "batchTopK";
    const [name, got] = isOther ? ["activation", activation] : ["batchThreshold", batchThreshold];
    throw optionInvalid(
      "withBatchThreshold",
      name,
      got,
      isOther ? 'a dictionary by "batchTopK"' : "one that has a batchThreshold",
    );
  }
  const own = Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, clone(weight)]));
  return new SparseDictionary(
    { ...config, activation: "jumpRelu" },
    { ...own, threshold: fill([config.dSae], batchThreshold) },
  );
}
