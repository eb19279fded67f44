import { ShapeError, UsageError } from "@hookdict/tensordict";

/** A cache for a model that it cannot serve. */
export function cacheModel(why: string): UsageError {
  return new UsageError({
    code: "CACHE_MODEL",
    what: `This cache of a transformer cannot be used here: it ${why}.`,
    hint: "Make one with new TransformerCache(model) for each model.",
    fields: { why },
  });
}

/** Rows that are more or fewer than those stored. */
export function cacheBatchSize(got: number, want: number): ShapeError {
  return new ShapeError({
    code: "CACHE_BATCH_SIZE",
    what: `The tokens have ${got} rows; the cache holds ${want}.`,
    hint: "Give tokens for every row, or choose rows with cache.select(rows) first.",
    fields: { got, want },
  });
}

/** Keys that were turned by other angles than the queries would be. */
export function cacheAngles(length: number, pos: number): UsageError {
  return new UsageError({
    code: "CACHE_ANGLES",
    what: `After ${length} stored tokens, ${pos} more change the angles of all: this model's scaling depends on the length.`,
    hint: "Ask cache.canExtend(pos) first; where it says no, clear the cache and compute all tokens again.",
    fields: { length, pos },
  });
}

/** Gradients through a cache. */
export function cacheGradients(): UsageError {
  return new UsageError({
    code: "CACHE_GRADIENTS",
    what: "A run with a cache was asked for gradients; what is stored has none.",
    hint: "Run the model on all tokens, without a cache.",
  });
}

/** A layer that did not run when earlier tokens were computed. */
export function cacheLayer(layer: string, before: number): UsageError {
  return new UsageError({
    code: "CACHE_LAYER",
    what: `${layer} did not store keys and values of all ${before} earlier tokens.`,
    hint: "Run the same layers in every run with a cache, and bypass the same ones; or clear the cache and compute all tokens again.",
    fields: { layer, before },
  });
}
