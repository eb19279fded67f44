import { scalar, Tensor, version_core } from "@tensorflow/tfjs-core";
import type { Gpu, GpuSource } from "./webgpu/types.ts";
import type { CoreCopy } from "./core-copies.ts";
import type { Pool, Threads } from "./wasm/threads.ts";

export async function registerGradients(): Promise<void> {
  // Written out: a bundler follows no variable.
  await import("@tensorflow/tfjs-core/dist/register_all_gradients.js");
}

/** The package finds its .wasm files beside itself; `loadBackend({ wasmPath })` says otherwise. */
export function wasmFolder(): string | undefined {
  return undefined;
}

export const environment: Readonly<Record<string, string | undefined>> = {};

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
  return { kernels: asked, products: 1 };
}

/** A page's main thread may not wait for others. */
export function openPool(): Pool {
  return {
    run: (_, tiles, tile) => {
      for (let index = 0; index < tiles; index++) tile(index);
    },
    close: () => undefined,
  };
}
