import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import { onCpu } from "./on-cpu.ts";

/** Kernels that divide by the size of a tensor without elements, or leave what was in memory for its result. */
const KERNELS = ["All", "Any", "Max", "Mean", "Min", "Prod", "Sum", "TopK", "Transpose"];

/** Has the cpu backend compute what the shipped kernels get wrong of tensors without elements. */
export function registerEmpty(): void {
  for (const name of KERNELS) replaceKernel(name, "wasm", (shipped) => emptyOnCpu(name, shipped));
}

/** A kernel that is the cpu backend's where its input `x` has no elements. */
export function emptyOnCpu(name: string, shipped: KernelFunc): KernelFunc {
  const { kernelFunc } = onCpu(name);
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo }; // the op's input
    return x.shape.includes(0) ? kernelFunc(call) : shipped(call);
  };
}
