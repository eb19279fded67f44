import { scalar, Tensor, version_core } from "@tensorflow/tfjs-core";
import type { Gpu, GpuSource } from "./webgpu/types.ts";
import type { CoreCopy } from "./core-copies.ts";
import { faultOf } from "./wasm/magic.ts";
import type { Pool, Threads } from "./wasm/threads.ts";

export async function registerGradients(): Promise<void> {
  // Written out: a bundler follows no variable.
  await import("@tensorflow/tfjs-core/dist/register_all_gradients.js");
}

/** Where the .wasm files are when nothing else is said: beside the page, or beside the script of a worker. */
export function wasmFolder(): string {
  const base = pageAddress();
  return base === undefined ? "" : new URL(".", base).href;
}

/** Bytes at an address, until it is released. */
export function locateWasm(bytes: Uint8Array<ArrayBuffer>): { readonly path: string; release(): void } {
  const path = URL.createObjectURL(new Blob([bytes], { type: "application/wasm" }));
  return { path, release: () => URL.revokeObjectURL(path) };
}

/** Where a path leads, and why there is no WebAssembly; `undefined` where there is. */
export async function readWasm(
  path: string,
): Promise<{ readonly location: string; readonly fault: string | undefined }> {
  const location = addressOf(path);
  try {
    const response = await fetch(location);
    if (!response.ok) return { location, fault: `the server answers ${response.status}` };
    return { location, fault: faultOf(new Uint8Array(await response.arrayBuffer())) };
  } catch (error) {
    return { location, fault: error instanceof Error ? error.message : String(error) };
  }
}

function addressOf(path: string): string {
  try {
    return new URL(path, pageAddress()).href;
  } catch {
    return path;
  }
}

function pageAddress(): string | undefined {
  const { document, location } = globalThis as {
    document?: { baseURI: string };
    location?: { href: string };
  };
  const base = document?.baseURI ?? location?.href;
  // Below an address such as about:blank there is nothing.
  return base !== undefined && URL.canParse(".", base) ? base : undefined;
}

export const environment: Readonly<Record<string, string | undefined>> = {};

/** It is never loaded here. */
export function describeNative(name: string): string {
  return name;
}

/** TensorFlow's own library runs in Node only. */
export function loadNative(name: string): Promise<void> {
  return Promise.reject(new Error(`${name} runs in Node only`));
}

/** Copies of tfjs-core share one engine; a tensor of another class than ours was made by the copy that came first. */
export function loadedCores(): readonly CoreCopy[] {
  const probe = scalar(0);
  const isOurs = probe.constructor === Tensor;
  probe.dispose();
  const ours: CoreCopy = { version: version_core, where: "this bundle" };
  return isOurs ? [ours] : [ours, { version: version_core, where: "a script loaded before it" }];
}

/** The browser's own WebGPU; one that finds nothing where it has none. */
export function findGpu(_forced: boolean): Promise<GpuSource> {
  const { navigator } = globalThis as { navigator?: { gpu?: Gpu } }; // without lib dom
  const none: Gpu = { requestAdapter: () => Promise.resolve(null) };
  return Promise.resolve({ gpu: navigator?.gpu ?? none, globals: {} });
}

/** Nothing listens to a page's errors. */
export function keepListeners(): () => void {
  return () => undefined;
}

/** In a page that is isolated from other origins, the backend's own threads start by themselves. */
export function planThreads(asked: number | undefined): Threads {
  const plan = { kernels: asked, products: 1, isShared: asked !== 1 };
  if (asked === undefined || asked <= MAX_PAGE_THREADS) return plan;
  const refused = `wasm starts ${MAX_PAGE_THREADS} threads at most in a page, not ${asked}`;
  return { ...plan, kernels: MAX_PAGE_THREADS, refused };
}

/** As many workers as its build makes before it computes; it cannot wait for more. */
const MAX_PAGE_THREADS = 8;

/** A page's main thread may not wait for others. */
export function openPool(): Pool {
  return {
    run: (_, tiles, tile) => {
      for (let index = 0; index < tiles; index++) tile(index);
    },
    close: () => undefined,
  };
}
