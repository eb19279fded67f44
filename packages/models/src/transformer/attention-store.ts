import type { Tensor } from "@tensorflow/tfjs-core";
import type { CrossStore } from "./cross-store.ts";

/** What the queries of a pass attend to: keys and values of earlier passes and of this one. */
export interface StoredKeysValues {
  /**
   * `[batch, src or more, keyHead, dHead]`, turned by their absolute positions where the model turns them. What is behind those that
   * the mask tells of is room.
   */
  readonly keys: Tensor;
  /** `[batch, src or more, keyHead, dHead]` */
  readonly values: Tensor;
  /** Added to scores: `[dest, src]` where rows are alike, otherwise `[batch, 1, dest, src]`. */
  readonly mask: Tensor;
  /** Position of every key in its row, `[batch * src]`; 0 on padding. */
  readonly positions: Int32Array;
  /** Which column of the padded rows the first key stands in. */
  readonly firstSource: number;
}

/** Room behind what earlier passes stored, where the caller writes this pass's keys and values from column `at` on, int32 `[1]`. */
export interface StoreRoom extends StoredKeysValues {
  readonly at: Tensor;
}

/** Where attention keeps keys and values from pass to pass. */
export interface AttentionStore {
  /**
   * Stores keys and values of a layer, and gives all that the layer's queries may attend to.
   *
   * **Ownership:** *borrows* what it is given; what it gives belongs to the caller's scope.
   *
   * @param layer The path of the layer's attention.
   * @param keys `[batch, pos, keyHead, dHead]`, turned already.
   * @param values `[batch, pos, keyHead, dHead]`
   */
  put(layer: string, keys: Tensor, values: Tensor): StoredKeysValues;
  /**
   * What `put` would give, with this pass's keys and values not written yet: the caller must. `undefined` where there is no such room,
   * or nothing that writes and attends at once; then nothing has changed.
   *
   * **Ownership:** *borrows* what it is given; what it gives belongs to the caller's scope.
   */
  room?(layer: string, keys: Tensor): StoreRoom | undefined;
  /** Where cross-attention keeps what it made of the encoder's output. */
  readonly cross: CrossStore;
}
