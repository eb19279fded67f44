import { engine, setBackend } from "@tensorflow/tfjs-core";
import { allowThreads, keepListeners, loadNative, wasmFolder } from "#platform";
import type { BackendError } from "./error.ts";
import { loadWebGpu } from "./webgpu/load.ts";
import { extendWasmBackend, registerWasmKernels } from "./wasm/register.ts";

/** What a candidate is loaded with. */
export interface CandidateOptions {
  readonly wasmPath?: string | undefined;
  readonly threads?: number | undefined;
  readonly onDeviceLost?: ((error: BackendError) => void) | undefined;
  /** Whether it is the only one that will do. */
  readonly forced: boolean;
}

/** A backend that can be asked for. */
export interface Candidate {
  /** Name to ask for it by. */
  readonly name: string;
  /** Name under which TensorFlow.js knows it. */
  readonly tfName: string;
  /** Loads its package; rejects with the reason when it cannot. What it returns is called when it has started or failed. */
  load(options: CandidateOptions): Promise<void | (() => void)>;
  /** Called once it is the active backend. */
  started?(): void;
}

/** Every backend, in the order in which they are tried. */
export const CANDIDATES: readonly Candidate[] = [
  { name: "tfjs-node-gpu", tfName: "tensorflow", load: () => loadNative("@tensorflow/tfjs-node-gpu") },
  { name: "tfjs-node", tfName: "tensorflow", load: () => loadNative("@tensorflow/tfjs-node") },
  { name: "webgpu", tfName: "webgpu", load: loadWebGpu },
  {
    name: "wasm",
    tfName: "wasm",
    load: async ({ wasmPath, threads }) => {
      const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
      // Not findBackend(), which starts it.
      const folder = wasmPath ?? wasmFolder();
      if (folder !== undefined && !("wasm" in engine().registry)) setWasmPaths(folder);
      await registerWasmKernels();
      // In Node its code would rethrow every uncaught error, which prints its source in place of the error's.
      const dropListeners = keepListeners();
      if (threads === undefined || threads === 1) return dropListeners;
      setThreadsCount(threads);
      const finish = allowThreads(threads);
      return () => {
        finish();
        dropListeners();
      };
    },
    started: extendWasmBackend,
  },
  {
    name: "cpu",
    tfName: "cpu",
    load: async () => {
      await import("@tensorflow/tfjs-backend-cpu");
    },
  },
];

/** Makes a loaded candidate the active backend; rejects with the reason when it does not start. */
export async function activate(candidate: Candidate): Promise<void> {
  if (!(await setBackend(candidate.tfName)))
    throw new Error(`TensorFlow.js could not start "${candidate.tfName}"`);
  candidate.started?.();
}
