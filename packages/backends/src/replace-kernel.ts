import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";

/** What kernels of ours were changed for, one inside the other. */
const reasons = new WeakMap<KernelFunc, readonly string[]>();

/**
 * Puts another function in the place of a backend's kernel, which that one may call. Once only for each reason, and not where there is
 * no such kernel.
 */
export function replaceKernel(
  name: string,
  backend: string,
  change: (original: KernelFunc) => KernelFunc,
  reason: string = name,
): void {
  const kernel = getKernel(name, backend);
  const known = kernel && (reasons.get(kernel.kernelFunc) ?? []);
  if (known === undefined || known.includes(reason)) return;
  const kernelFunc = change(kernel.kernelFunc);
  reasons.set(kernelFunc, [...known, reason]);
  unregisterKernel(name, backend);
  registerKernel({ ...kernel, kernelFunc });
}
