import type { Tensor } from "@tensorflow/tfjs-core";

/** What attention reads after the new keys and values were put into a store. */
export interface StoredAttention {
  /** `[batch, src, keyHead, dHead]`, rotated. */
  readonly keys: Tensor;
  /** `[batch, src, keyHead, dHead]`. */
  readonly values: Tensor;
  /** Added to the scores: 0 where a query sees a key, -Infinity elsewhere; broadcasts to `[batch, head, dest, src]`. */
  readonly mask: Tensor;
  /** The keys' absolute positions, `[batch][src]`, which biases by distance need. */
  readonly positions: readonly (readonly number[])[];
}

/**
 * Where attention puts keys and values of a run, and from where it takes those of earlier runs as well: a key/value
 * cache. The run is given the absolute positions of its tokens beside the store.
 */
export interface AttentionStore {
  /**
   * Takes in the keys and values of new tokens, and gives all that the queries of these tokens see.
   *
   * **Ownership:** *borrows* the tensors; what it gives belongs to the scope of the run.
   *
   * @param layer Index of the block.
   * @param keys `[batch, pos, keyHead, dHead]`, rotated.
   * @param values `[batch, pos, keyHead, dHead]`.
   * @param window How many tokens a query sees, itself included; `undefined` for all.
   */
  put(layer: number, keys: Tensor, values: Tensor, window: number | undefined): StoredAttention;
}
