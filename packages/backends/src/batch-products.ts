import {
  type BatchMatMulAttrs,
  type KernelFunc,
  matMul,
  reshape,
  type Tensor,
  type TensorInfo,
  tidy,
  tile,
} from "@tensorflow/tfjs-core";
import { replaceKernel } from "./replace-kernel.ts";

/**
 * Has a kernel of products right for batches of any axes. The shipped ones (4.22, all but TensorFlow's) take matrix `i` of
 * the result from matrix `i % count` of each factor, which is another one where an axis of length 1 comes after a longer one.
 */
export function alignBatches(shipped: KernelFunc): KernelFunc {
  return (params) => {
    const { a, b } = params.inputs as unknown as { a: TensorInfo; b: TensorInfo }; // the op's inputs
    const batch = broadcast(batchOf(a), batchOf(b));
    if (repeats(batchOf(a), batch) && repeats(batchOf(b), batch)) return shipped(params);
    const { transposeA, transposeB } = params.attrs as unknown as BatchMatMulAttrs; // the op's attributes
    return tidy(() => matMul(spread(a, batch), spread(b, batch), transposeA, transposeB));
  };
}

/** Puts {@link alignBatches} around a backend's kernel, where nothing else is around it. */
export function registerBatchProducts(backend: string): void {
  replaceKernel("BatchMatMul", backend, alignBatches);
}

function batchOf({ shape }: TensorInfo): readonly number[] {
  return shape.slice(0, -2);
}

/** The axes of both, aligned at the end; that they agree, the op has checked. */
function broadcast(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [ofA = 1, ofB = 1] = [a[i - rank + a.length], b[i - rank + b.length]];
    return ofA === 1 ? ofB : ofA;
  });
}

/** Whether the matrices of the batch are those of `outer` over and over. */
function repeats(outer: readonly number[], batch: readonly number[]): boolean {
  const first = outer.findIndex((size) => size !== 1);
  const own = first < 0 ? [] : outer.slice(first);
  return own.every((size, i) => size === batch[batch.length - own.length + i]);
}

/** The factor with a matrix for each of the batch. Inputs of a kernel that is called through an op are tensors. */
function spread(factor: TensorInfo, batch: readonly number[]): Tensor {
  if (repeats(batchOf(factor), batch)) return factor as Tensor;
  const rank = batch.length + 2;
  const shape = [...Array.from({ length: rank - factor.shape.length }, () => 1), ...factor.shape];
  const times = shape.map((size, i) => (size === 1 ? (batch[i] ?? 1) : 1));
  return tile(reshape(factor as Tensor, shape), times);
}
