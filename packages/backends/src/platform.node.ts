import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { CoreCopy } from "./core-copies.ts";

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

/** Every copy of tfjs-core that this process has loaded. */
export function loadedCores(): readonly CoreCopy[] {
  const entry = join("tfjs-core", "dist", "tf-core.node.js");
  const files = Object.keys(createRequire(import.meta.url).cache).filter((path) =>
    path.endsWith(sep + entry),
  );
  return files.map((path) => {
    const where = dirname(dirname(path));
    const { version } = JSON.parse(readFileSync(join(where, "package.json"), "utf8")) as { version: string };
    return { version, where };
  });
}
