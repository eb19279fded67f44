import { createRequire } from "node:module";
import { dirname, sep } from "node:path";

export { loadNative } from "./native/load.node.ts";

// tfjs-core's Node build registers no gradients, and its modules that would cannot be loaded by Node; the union package
// carries them.
export async function registerGradients(): Promise<void> {
  await import("@tensorflow/tfjs");
}

/** Folder of the .wasm files, with a closing separator. */
export function wasmFolder(): string | undefined {
  return dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")) + sep;
}

export const environment: Readonly<Record<string, string | undefined>> = process.env;
