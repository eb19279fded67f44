import {
  argumentInvalid,
  checkArgument,
  isTensor,
  isTensorDict,
  type Key,
  type TensorDict,
} from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { streamBatch } from "./errors.ts";
import type { StreamingEstimator } from "./streaming.ts";

/** Features and targets of some rows. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Options of {@link fitStream}. */
export interface FitStreamOptions {
  /** Where the features are in a TensorDict. Default `"x"`. */
  readonly x?: Key;
  /** Where the targets are. Default `"y"`. */
  readonly y?: Key;
  /** Called after each batch with the rows that have been seen. */
  readonly onProgress?: (event: { readonly batches: number; readonly rows: number }) => void;
  readonly signal?: { readonly aborted: boolean };
}

/**
 * Fits an estimator on rows that need not fit in memory: batches from a list, any stream, or `reader.batches(n)` of a `TensorDictReader`,
 * whose TensorDicts are freed as they are used up. Where it is stopped, `estimator.state()` is where another one goes on.
 *
 * **Ownership:** borrows batches `{ x, y }`; takes batches that are TensorDicts.
 *
 * @throws UsageError `STREAM_BATCH`; what the estimator's `update` throws
 * @example
 * const probe = new StreamingMeanDifference();
 * await fitStream(probe, [new TensorDict({ x: tensor2d([[0], [2]]), y: tensor1d([0, 1]) })]);
 * probe.rows; // => 2
 */
export async function fitStream<E extends StreamingEstimator>(
  estimator: E,
  source: Iterable<Batch | TensorDict> | AsyncIterable<Batch | TensorDict>,
  options: FitStreamOptions = {},
): Promise<E> {
  checkArgument("fitStream", "estimator", estimator, "a record");
  checkArgument("fitStream", "options", options, "a record");
  const isStream =
    typeof source === "object" &&
    (source as unknown) !== null &&
    (Symbol.iterator in source || Symbol.asyncIterator in source);
  if (!isStream) throw argumentInvalid("fitStream", "source", source, "batches, one after the other");
  const { x = "x", y = "y", onProgress, signal } = options;
  let batches = 0;
  for await (const batch of source) {
    const isDict = isTensorDict(batch);
    try {
      if (signal?.aborted === true) return estimator;
      await update(estimator, batch, batches, isDict ? [x, y] : undefined);
    } finally {
      if (isDict) batch.dispose();
    }
    batches++;
    onProgress?.({ batches, rows: estimator.rows });
  }
  return estimator;
}

async function update(
  estimator: StreamingEstimator,
  batch: unknown,
  at: number,
  keys: readonly [Key, Key] | undefined,
): Promise<void> {
  const found: unknown[] =
    keys === undefined
      ? [(batch as Partial<Batch> | undefined)?.x, (batch as Partial<Batch> | undefined)?.y]
      : keys.map((key) => (batch as TensorDict).get<Tensor, undefined>(key, undefined));
  const [features, targets] = found;
  if (!isTensor(features) || !isTensor(targets))
    throw streamBatch(
      at,
      batch,
      keys === undefined
        ? "{ x, y }, two tensors"
        : `a TensorDict with ${JSON.stringify(keys[0])} and ${JSON.stringify(keys[1])}`,
    );
  await estimator.update(features, targets);
}
