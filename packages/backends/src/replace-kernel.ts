import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";

const ours = new WeakSet<KernelFunc>();

/** Puts another function in the place of a backend's kernel, which that one may call. Once only, and not where there is none. */
export function replaceKernel(
  name: string,
  backend: string,
  change: (original: KernelFunc) => KernelFunc,
): void {
  const kernel = getKernel(name, backend);
  if (kernel === undefined || ours.has(kernel.kernelFunc)) return;
  const kernelFunc = change(kernel.kernelFunc);
  ours.add(kernelFunc);
  unregisterKernel(name, backend);
  registerKernel({ ...kernel, kernelFunc });
}
