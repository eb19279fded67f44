import {
  type _FusedMatMulAttrs,
  type BatchMatMulAttrs,
  getKernel,
  type KernelFunc,
  type NamedTensorInfoMap,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { alignBatches } from "../batch-products.ts";
import { replaceKernel } from "../replace-kernel.ts";
import type { WasmBackend } from "./backend.ts";
import { type Factor, multiplierOf } from "./multiplier.ts";

/**
 * Has products of float32 matrices computed by code of ours. The shipped kernels are quick for one product of two plain
 * matrices only, for which they keep a second copy of the right one as long as it lives. Batches and transposed factors take
 * a scalar path that is 10 to 30 times slower, and that forgets the activation.
 */
export function registerProducts(): void {
  replaceKernel("BatchMatMul", "wasm", (shipped) =>
    alignBatches((params) => multiply(params) ?? shipped(params)),
  );
  replaceKernel("_FusedMatMul", "wasm", (shipped) => (params) => multiplyFused(params) ?? shipped(params));
}

type Params = Parameters<KernelFunc>[0];

/** Kernels by the names that fused operations have for them. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  leakyrelu: "LeakyRelu",
  prelu: "Prelu",
};

function multiplyFused(params: Params): TensorInfo | undefined {
  const { bias, preluActivationWeights } = params.inputs as Partial<NamedTensorInfoMap>; // both are optional
  const { activation, leakyreluAlpha } = params.attrs as unknown as _FusedMatMulAttrs; // the op's attributes
  const kernel = getKernel(ACTIVATIONS[activation] ?? "", "wasm");
  const isKnown = activation === "linear" || kernel !== undefined;
  if (!isKnown || (bias && (bias.dtype !== "float32" || bias.shape.length !== 1))) return undefined;
  const x = multiply(params);
  if (x === undefined || kernel === undefined) return x;
  const result = kernel.kernelFunc({
    inputs: { x, ...(preluActivationWeights && { alpha: preluActivationWeights }) },
    attrs: { alpha: leakyreluAlpha ?? 0 },
    backend: params.backend,
  }) as TensorInfo; // each has one output
  (params.backend as WasmBackend).disposeData(x.dataId); // `backend` is typed as {}
  return result;
}

function multiply({ inputs, attrs, backend }: Params): TensorInfo | undefined {
  const { a, b, bias } = inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo }; // the op's inputs
  const { transposeA, transposeB } = attrs as unknown as BatchMatMulAttrs; // the op's attributes
  const multiplier = multiplierOf(backend as WasmBackend); // `backend` is typed as {}
  if (a.dtype !== "float32" || b.dtype !== "float32" || multiplier === undefined) return undefined;
  const [left, right] = [factor(a, transposeA), factor(b, transposeB)];
  // In a page with threads, these are what the shipped kernel has on all of them.
  const isPlain = left.count === 1 && right.count === 1 && !transposeA && !transposeB;
  if (isPlain && multiplier.kernelThreads > multiplier.threads) return undefined;
  // Where one has a part of the other's batch, the shipped kernel knows how.
  const isAligned = left.count === 1 || right.count === 1 || left.outer.join() === right.outer.join();
  return isAligned ? multiplier.multiply(left, right, bias ?? undefined) : undefined;
}

function factor(tensor: TensorInfo, isTransposed: boolean): Factor {
  const outer = tensor.shape.slice(0, -2);
  const [first = 1, second = 1] = tensor.shape.slice(-2);
  const [rows, columns] = isTransposed ? [second, first] : [first, second];
  const count = outer.reduce((product, size) => product * size, 1);
  return { tensor, outer, count, rows, columns, isTransposed };
}
