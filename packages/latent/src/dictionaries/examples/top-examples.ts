import { checkOptionNames, type Key, type TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { eachBatch } from "../each-batch.ts";
import type { SparseDictionary } from "../dictionary.ts";
import { FeatureExamples, type FeatureExamplesOptions } from "./feature-examples.ts";

/** Options of {@link topExamples}. */
export interface TopExamplesOptions extends FeatureExamplesOptions {
  /** Where values are in a TensorDict. Default `"x"`. */
  readonly x?: Key;
  /** Where a mask is in a TensorDict; it may be absent. Default `"mask"`. */
  readonly mask?: Key;
  /** What earlier batches have given, to go on from. */
  readonly from?: FeatureExamples;
  /** Called after each batch with the examples that have been seen. */
  readonly onProgress?: (event: { readonly batches: number; readonly examples: number }) => void;
  readonly signal?: { readonly aborted: boolean };
}

/**
 * The examples of a data set in which each feature is most active: batches from a list, any stream of values, or `reader.batches(n)` of a
 * `TensorDictReader`, whose TensorDicts are freed as they are used up. Where it is stopped, it gives what it has.
 *
 * **Ownership:** borrows the dictionary and batches that are tensors; takes batches that are TensorDicts.
 *
 * @throws UsageError `STREAM_BATCH`, `OPTION_INVALID`, `ARGUMENT_INVALID`; ShapeError `ROWS_INVALID`
 * @example no-run
 * const found = await topExamples(dictionary, reader.batches(64), { k: 20, x: ["fwd", "blocks.8.hook_resid_pre"] });
 * found.top(17)[0]; // => { example: 812, position: 30, value: 41.5 }
 */
export async function topExamples(
  dictionary: SparseDictionary,
  source: Iterable<Tensor | TensorDict> | AsyncIterable<Tensor | TensorDict>,
  options: TopExamplesOptions = {},
): Promise<FeatureExamples> {
  checkOptionNames("topExamples", options, ["k", "x", "mask", "from", "onProgress", "signal"]);
  const { k, x = "x", mask = "mask", from, onProgress, signal } = options;
  const found = from ?? new FeatureExamples(dictionary, k === undefined ? {} : { k });
  let batches = 0;
  await eachBatch("topExamples", source, { x, mask }, async (values, own) => {
    if (signal?.aborted === true) return false;
    await found.update(values, own);
    batches++;
    onProgress?.({ batches, examples: found.examples });
    return true;
  });
  return found;
}
