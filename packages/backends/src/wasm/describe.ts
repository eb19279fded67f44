import { env } from "@tensorflow/tfjs-core";

/** What it is, once it is loaded: `WebAssembly, SIMD, 4 threads`. */
export function describeWasm(threads: number): string {
  const simd = env().getBool("WASM_HAS_SIMD_SUPPORT") ? "SIMD" : "no SIMD";
  return `WebAssembly, ${simd}, ${threads === 1 ? "one thread" : `${threads} threads`}`;
}
