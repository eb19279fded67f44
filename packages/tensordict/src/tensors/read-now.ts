import { getBackend, type Tensor } from "@tensorflow/tfjs-core";

/**
 * A tensor's values where the backend gives them within a run; `undefined` on WebGPU, which can only be waited for.
 *
 * **Ownership:** *borrows* the tensor.
 */
export function readNow(x: Tensor): ArrayLike<number> | undefined {
  return getBackend() === "webgpu" ? undefined : x.dataSync();
}
