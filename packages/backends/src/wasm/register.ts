import { getKernel, type KernelConfig, registerKernel } from "@tensorflow/tfjs-core";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

const KERNELS: readonly KernelConfig[] = [unsortedSegmentSum];

/** Registers what the wasm backend lacks; a kernel that a newer release brings is left alone. */
export function registerWasmKernels(): void {
  for (const kernel of KERNELS)
    if (getKernel(kernel.kernelName, "wasm") === undefined) registerKernel(kernel);
}
