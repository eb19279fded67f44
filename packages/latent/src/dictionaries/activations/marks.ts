import { refClone } from "@hookdict/tensordict/tensors";
import {
  add,
  mul,
  range,
  reshape,
  scatterND,
  type Tensor,
  type Tensor2D,
  onesLike,
  cast,
  expandDims,
} from "@tensorflow/tfjs-core";

/**
 * 1 where a row has one of its indices `[n, k]`, 0 elsewhere, `[n, width]`. Nothing has a gradient through it.
 * **Ownership:** borrows; returns a tensor of the scope.
 */
export function marks(indices: Tensor, n: number, width: number): Tensor2D {
  const first = expandDims(mul(range(0, n, 1, "int32"), onesLike(range(0, n, 1, "int32"))), 1);
  return reshape(flatMarks(reshape(add(mul(first, width), indices), [-1]), n * width), [n, width]);
}

/** 1 at each of the indices `[m]`, 0 elsewhere, `[size]`. */
export function flatMarks(indices: Tensor, size: number): Tensor {
  const at = reshape(cast(indices, "int32"), [-1, 1]);
  return refClone(scatterND(at, onesLike(reshape(cast(indices, "float32"), [-1])), [size]));
}
