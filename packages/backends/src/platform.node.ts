import { createRequire } from "node:module";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { adapterMissing, webGpuPackageMissing } from "./webgpu/errors.ts";
import type { Gpu, GpuSource } from "./webgpu/types.ts";
import type { CoreCopy } from "./core-copies.ts";
import { faultOf } from "./wasm/magic.ts";

export { describeNative } from "./native/describe.node.ts";
export { loadNative } from "./native/load.node.ts";
export { openPool } from "./wasm/pool.node.ts";
export { planThreads } from "./wasm/threads.node.ts";

// tfjs-core's Node build registers no gradients, and its modules that would cannot be loaded by Node; the union package
// carries them.
export async function registerGradients(): Promise<void> {
  await import("@tensorflow/tfjs");
}

/** Folder of the .wasm files, with a closing separator. */
export function wasmFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")) + sep;
}

/** Bytes in a file, until it is released. */
export function locateWasm(bytes: Uint8Array): { readonly path: string; release(): void } {
  const folder = mkdtempSync(join(tmpdir(), "hookdict-wasm-"));
  const path = join(folder, "tfjs-backend.wasm");
  writeFileSync(path, bytes);
  return { path, release: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Where a path leads, and why there is no WebAssembly; `undefined` where there is. */
export function readWasm(
  path: string,
): Promise<{ readonly location: string; readonly fault: string | undefined }> {
  try {
    const file = path.startsWith("file:") ? new URL(path) : path;
    // A named pipe would be waited for.
    if (!statSync(file).isFile()) return Promise.resolve({ location: path, fault: "it is not a file" });
    const read = readFileSync(file);
    return Promise.resolve({ location: path, fault: faultOf(read) });
  } catch (error) {
    return Promise.resolve({ location: path, fault: (error as NodeJS.ErrnoException).code ?? "unreadable" });
  }
}

/** Notes what listens to the process; what this returns takes off what has come since. */
export function keepListeners(): () => void {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(process.rawListeners(event)));
  return () => {
    events.forEach((event, i) => {
      for (const listener of process.rawListeners(event))
        if (before[i]?.has(listener) === false) process.off(event, listener as () => void);
    });
  };
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

const GPU_GLOBALS = ["GPUBuffer", "GPUTexture", "GPUBufferUsage", "GPUTextureUsage", "GPUMapMode"];

/** One for the process: its devices do not outlive it. */
let gpu: Gpu | undefined;

/** Where Linux keeps libraries; Vulkan's loader is in one of them wherever a driver is installed. */
const LIBRARIES = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib"].flatMap((folder) => [
  folder,
  join(folder, `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`),
]);

/**
 * WebGPU from the package `webgpu`, which the user installs.
 *
 * @param forced Whether to look for an adapter also where there is no Vulkan, of which the package complains on stderr.
 */
export async function findGpu(forced: boolean): Promise<GpuSource> {
  const folders = [...LIBRARIES, ...(process.env["LD_LIBRARY_PATH"] ?? "").split(":")];
  const hasVulkan = folders.some((folder) => folder !== "" && existsSync(join(folder, "libvulkan.so.1")));
  if (process.platform === "linux" && !hasVulkan && !forced) throw adapterMissing();
  const webgpu = await importWebGpu();
  gpu ??= webgpu.create([]);
  return { gpu, globals: Object.fromEntries(GPU_GLOBALS.map((name) => [name, webgpu.globals[name]])) };
}

interface WebGpuPackage {
  create(flags: string[]): Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

async function importWebGpu(): Promise<WebGpuPackage> {
  const name = "webgpu"; // a variable, because the package need not be installed
  const from = [import.meta.url, join(process.cwd(), "package.json")];
  for (const each of from) {
    const path = resolveFrom(each, name);
    if (path !== undefined) return (await import(pathToFileURL(path).href)) as WebGpuPackage; // its types need lib dom
  }
  throw webGpuPackageMissing();
}

function resolveFrom(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
