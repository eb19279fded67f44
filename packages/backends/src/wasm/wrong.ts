import type { NamedTensorInfoMap } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import { onCpu } from "./on-cpu.ts";

/**
 * Kernels of the wasm backend (4.22) that compute something else than those of all other backends. Pools and dilations
 * begin with the smallest number above 0 in place of the lowest of all, so that windows of negative numbers come out wrong.
 */
const WRONG: readonly string[] = [
  "Conv3DBackpropInputV2",
  "Dilation2D",
  "Dilation2DBackpropFilter",
  "Dilation2DBackpropInput",
  "MaxPool3D",
  "MaxPool3DGrad",
  "MaxPoolGrad",
  "ResizeNearestNeighborGrad",
];

/** Has what the shipped backend computes wrongly computed by the cpu backend's code: right, but no faster than that. */
export function registerWrong(): void {
  for (const name of WRONG) replaceKernel(name, "wasm", () => onCpu(name).kernelFunc);
  // Of another type than int32 it writes integers, for bool beyond the end of the memory that it has.
  replaceKernel("OneHot", "wasm", (shipped) => {
    const right = onCpu("OneHot").kernelFunc;
    return (params) => (params.attrs?.["dtype"] === "int32" ? shipped : right)(params);
  });
  // It takes slopes one after the other, whatever their shape says.
  replaceKernel("Prelu", "wasm", (shipped) => {
    const right = onCpu("Prelu").kernelFunc;
    return (params) => (isRepeated(params.inputs) ? shipped : right)(params);
  });
}

/** Whether slopes are repeated over and over along the last axes, or as many as the values. */
function isRepeated({ x, alpha }: NamedTensorInfoMap): boolean {
  const [values = [], slopes = []] = [x?.shape, alpha?.shape];
  const own = slopes.slice(slopes.findIndex((size) => size !== 1));
  if (slopes.every((size) => size === 1)) return slopes.length <= values.length;
  return slopes.length <= values.length && own.every((size, i) => size === values.at(i - own.length));
}
