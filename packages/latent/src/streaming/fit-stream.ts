import { option, readOptions } from "@hookdict/contexts";
import {
  argumentInvalid,
  checkArgument,
  isTensor,
  isTensorDict,
  type Key,
  type TensorDict,
  MOST_COUNT,
} from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { streamBatch } from "./errors.ts";
import type { StreamingEstimator } from "./streaming.ts";

/** Features and targets of some rows. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** How far a stream has got. */
export interface StreamProgress {
  /** Batches of this pass. */
  readonly batches: number;
  /** Rows of all passes, those before a restored state included. */
  readonly rows: number;
  /** The pass, from 0 on. */
  readonly pass: number;
}

/** Batches, one after the other. */
export type Batches = Iterable<Batch | TensorDict> | AsyncIterable<Batch | TensorDict>;

/** Options of {@link fitStream}. */
export interface FitStreamOptions {
  /** Where the features are in a TensorDict. Default `"x"`. */
  readonly x?: Key;
  /** Where the targets are. Default `"y"`. */
  readonly y?: Key;
  /** Called after each batch with the rows that have been seen. */
  readonly onProgress?: (event: StreamProgress) => void;
  /**
   * How often the data are seen, at the most: an estimator that has converged needs no more. Above 1 the source must be a function that
   * gives them anew. Default 1.
   */
  readonly passes?: number;
  readonly signal?: { readonly aborted: boolean };
}

/**
 * Fits an estimator on rows that need not fit in memory: batches from a list, any stream, or `reader.batches(n)` of a `TensorDictReader`,
 * whose TensorDicts are freed as they are used up; for several passes a function that gives these. Where it is stopped,
 * `estimator.state()` is where another one goes on.
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
  source: Batches | (() => Batches),
  options: FitStreamOptions = {},
): Promise<E> {
  checkArgument("fitStream", "estimator", estimator, "a record");
  const { x, y, passes, onProgress, signal } = readOptions("fitStream", OPTIONS, options);
  const open = typeof source === "function" ? source : () => source;
  if (passes > 1 && typeof source !== "function")
    throw argumentInvalid("fitStream", "source", source, "a function that gives the batches of each pass");
  for (let pass = 0; pass < passes && (pass === 0 || estimator.isConverged !== true); pass++) {
    const batches = open();
    if (!isStream(batches))
      throw argumentInvalid("fitStream", "source", batches, "batches, one after the other");
    const isWhole = await onePass(estimator, batches, [x, y], signal, (seen) =>
      onProgress?.({ batches: seen, rows: estimator.rows, pass }),
    );
    if (!isWhole) return estimator;
    await estimator.endPass?.();
  }
  return estimator;
}

const OPTIONS = {
  x: option.of<Key>("a key of a TensorDict", isKey).default("x"),
  y: option.of<Key>("a key of a TensorDict", isKey).default("y"),
  onProgress: option.fn<(event: StreamProgress) => void>(),
  passes: option.number({ min: 1, max: MOST_COUNT, integer: true }).default(1),
  signal: option.of<{ readonly aborted: boolean }>(
    "an AbortSignal",
    (value) => typeof value === "object" && value !== null && "aborted" in value,
  ),
};

function isKey(value: unknown): boolean {
  return (
    typeof value === "string" || (Array.isArray(value) && value.every((part) => typeof part === "string"))
  );
}

function isStream(source: unknown): source is Batches {
  return (
    typeof source === "object" &&
    source !== null &&
    (Symbol.iterator in source || Symbol.asyncIterator in source)
  );
}

/** Whether it came to the end. */
async function onePass(
  estimator: StreamingEstimator,
  source: Batches,
  keys: readonly [Key, Key],
  signal: FitStreamOptions["signal"],
  onBatch: (batches: number) => void,
): Promise<boolean> {
  let batches = 0;
  for await (const batch of source) {
    const isDict = isTensorDict(batch);
    try {
      if (signal?.aborted === true) return false;
      await update(estimator, batch, batches, isDict ? keys : undefined);
    } finally {
      if (isDict) batch.dispose();
    }
    onBatch(++batches);
  }
  return true;
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
