import { backend, env, type KernelBackend } from "@tensorflow/tfjs-core";
import type { LoadedBackend } from "../load-backend.ts";
import { type AddonPackageName, findBuild } from "./addon-package.node.ts";

/** What the loaded backend is, in a few words. */
export function describeBackend({ name, threads }: LoadedBackend): string {
  if (name === "wasm") return describeWasm(threads ?? 1);
  if (name === "tfjs-node" || name === "tfjs-node-gpu") return describeNative(`@tensorflow/${name}`);
  if (name === "webgpu") return describeWebGpu();
  return "plain JavaScript: works everywhere, slowly";
}

function describeWebGpu(): string {
  const { adapterInfo } = backend() as KernelBackend & {
    adapterInfo: { vendor: string; architecture: string };
  };
  const names = [adapterInfo.vendor, adapterInfo.architecture]; // either may be empty
  return ["WebGPU", ...names.filter((each) => each !== "")].join(", ");
}

function describeNative(name: AddonPackageName): string {
  const build = findBuild(name);
  if (build === undefined) return `${name}'s own addon`;
  const { version, folder } = build.tensorflow;
  return `TensorFlow ${version} in ${folder}${build.gpu ? ", with a GPU" : ""}`;
}

function describeWasm(threads: number): string {
  const simd = env().getBool("WASM_HAS_SIMD_SUPPORT") ? "SIMD" : "no SIMD";
  return `WebAssembly, ${simd}, ${threads === 1 ? "one thread" : `${threads} threads`}`;
}
