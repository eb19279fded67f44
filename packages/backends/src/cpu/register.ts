import { registerBatchProducts } from "../batch-products.ts";
import { registerFilterGradient } from "./filter-gradient.ts";

/** Puts kernels of ours in the place of those of the cpu backend that are wrong, or very slow. */
export function registerCpuKernels(): void {
  registerFilterGradient();
  registerBatchProducts("cpu");
}
