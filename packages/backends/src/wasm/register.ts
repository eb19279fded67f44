import { engine, getKernel, type KernelConfig, registerKernel } from "@tensorflow/tfjs-core";
import { registerCpuKernels } from "../cpu/register.ts";
import type { WasmBackend } from "./backend.ts";
import { complex, imag, readComplex, real } from "./complex.ts";
import { einsum } from "./einsum.ts";
import { registerEmpty } from "./empty.ts";
import { registerGather } from "./gather.ts";
import { onCpu } from "./on-cpu.ts";
import { multiplierOf, openMultiplier } from "./multiplier.ts";
import { registerProducts } from "./products.ts";
import { registerWrong } from "./wrong.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

const KERNELS: readonly KernelConfig[] = [
  unsortedSegmentSum,
  einsum,
  complex,
  real,
  imag,
  ...[
    "ComplexAbs",
    "Conv2DBackpropFilter",
    "DepthwiseConv2dNativeBackpropFilter",
    "DepthwiseConv2dNativeBackpropInput",
    "FFT",
    "IFFT",
    "RaggedGather",
    "RaggedRange",
    "RaggedTensorToTensor",
    "StaticRegexReplace",
  ].map(onCpu),
];

/** Registers what the wasm backend lacks; a kernel that a newer release brings is left alone. */
export async function registerWasmKernels(): Promise<void> {
  await import("@tensorflow/tfjs-backend-cpu");
  registerCpuKernels();
  for (const kernel of KERNELS)
    if (getKernel(kernel.kernelName, "wasm") === undefined) registerKernel(kernel);
  registerProducts();
  registerGather();
  registerEmpty();
  registerWrong();
}

const extended = new WeakSet<object>();

/**
 * Teaches the started backend to read complex numbers, and to multiply.
 *
 * @param threads To share in large products.
 * @param kernelThreads Those of the backend's own kernels.
 * @returns How many share in large products.
 */
export function extendWasmBackend(threads: number, kernelThreads: number): number {
  const wasm = engine().findBackend("wasm") as unknown as WasmBackend; // typed as its base class
  if (!extended.has(wasm)) {
    extended.add(wasm);
    readComplex(wasm);
    openMultiplier(wasm, threads, kernelThreads);
  }
  return Math.max(multiplierOf(wasm)?.threads ?? 1, kernelThreads);
}
