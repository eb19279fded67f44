import { getThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { env } from "@tensorflow/tfjs-core";
import { type AddonPackageName, findBuild } from "./addon-package.node.ts";

/** What the loaded backend is, in a few words. */
export function describeBackend(name: string): string {
  if (name === "wasm") return describeWasm();
  if (name === "tfjs-node" || name === "tfjs-node-gpu") return describeNative(`@tensorflow/${name}`);
  return "plain JavaScript: works everywhere, slowly";
}

function describeNative(name: AddonPackageName): string {
  const build = findBuild(name);
  if (build === undefined) return `${name}'s own addon`;
  const { version, folder } = build.tensorflow;
  return `TensorFlow ${version} in ${folder}${build.gpu ? ", with a GPU" : ""}`;
}

function describeWasm(): string {
  const simd = env().getBool("WASM_HAS_SIMD_SUPPORT") ? "SIMD" : "no SIMD";
  const threads = getThreadsCount();
  return `WebAssembly, ${simd}, ${threads === 1 ? "one thread" : `${threads} threads`}`;
}
