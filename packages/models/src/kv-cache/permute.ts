import { reshape, type Tensor, tidy, transpose } from "@tensorflow/tfjs-core";

/**
 * Values with the history as their last axis: `[history, kvHead, vDim]` as `[kvHead, vDim, history]`.
 *
 * What an encoder stores has any rank: axes before these three stay, ones that are missing have size 1.
 *
 * **Ownership:** *borrows* `values`; *returns owned*.
 */
export function permuteValues(values: Tensor): Tensor {
  const missing = Array.from({ length: Math.max(0, 3 - values.rank) }, () => 1);
  const front = Math.max(0, values.rank - 3);
  const axes = [...Array(front).keys(), front + 1, front + 2, front];
  return tidy(() => transpose(reshape(values, [...missing, ...values.shape]), axes));
}
