import { reshape, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * Waits until the backend has computed the tensor, and frees it. One value is read: to copy all of them into JavaScript,
 * which no other library of a comparison does, would count as well.
 */
export async function finish(tensor: Tensor): Promise<void> {
  const first = tidy(() => slice(reshape(tensor, [-1]), 0, 1));
  await first.data();
  first.dispose();
  tensor.dispose();
}
