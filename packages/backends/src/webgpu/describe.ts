import { backend, type KernelBackend } from "@tensorflow/tfjs-core";

/** What it is, once it is loaded: `WebGPU, nvidia, hopper`. */
export function describeWebGpu(): string {
  const { adapterInfo } = backend() as KernelBackend & {
    adapterInfo: { vendor: string; architecture: string };
  };
  const names = [adapterInfo.vendor, adapterInfo.architecture]; // either may be empty
  return ["WebGPU", ...names.filter((each) => each !== "")].join(", ");
}
