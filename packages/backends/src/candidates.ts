import { engine, setBackend } from "@tensorflow/tfjs-core";
import { loadNative, wasmFolder } from "#platform";
import type { BackendError } from "./error.ts";
import { loadWebGpu } from "./webgpu/load.ts";
import { extendWasmBackend, registerWasmKernels } from "./wasm/register.ts";

/** What a candidate is loaded with. */
export interface CandidateOptions {
  readonly wasmPath?: string | undefined;
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
  /** Loads its package; rejects with the reason when it cannot. */
  load(options: CandidateOptions): Promise<void>;
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
    load: async ({ wasmPath }) => {
      const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
      const folder = wasmPath ?? wasmFolder();
      if (folder !== undefined && engine().findBackend("wasm") === null) setWasmPaths(folder);
      await registerWasmKernels();
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
