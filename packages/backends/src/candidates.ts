import { setBackend } from "@tensorflow/tfjs-core";
import { loadNative } from "#platform";
import type { BackendError } from "./error.ts";
import { registeredOnce } from "./registration.ts";
import { loadWebGpu } from "./webgpu/load.ts";
import { loadWasm } from "./wasm/load.ts";

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
  /** Loads its package; rejects with the reason when it cannot. */
  load(options: CandidateOptions): Promise<LoadedCandidate | void>;
}

/** What is known of a backend that has been loaded. */
export interface LoadedCandidate {
  /** Threads that share in large products. */
  readonly threads?: number;
  readonly warnings?: readonly string[];
}

/** Every backend, in the order in which they are tried. */
export const CANDIDATES: readonly Candidate[] = [
  registeredOnce({
    name: "tfjs-node-gpu",
    tfName: "tensorflow",
    load: () => loadNative("@tensorflow/tfjs-node-gpu"),
  }),
  registeredOnce({
    name: "tfjs-node",
    tfName: "tensorflow",
    load: () => loadNative("@tensorflow/tfjs-node"),
  }),
  { name: "webgpu", tfName: "webgpu", load: loadWebGpu },
  registeredOnce({ name: "wasm", tfName: "wasm", load: loadWasm }),
  registeredOnce({
    name: "cpu",
    tfName: "cpu",
    load: async () => {
      await import("@tensorflow/tfjs-backend-cpu");
    },
  }),
];

/** Makes a loaded candidate the active backend; rejects with the reason when it does not start. */
export async function activate(candidate: Candidate): Promise<void> {
  if (!(await setBackend(candidate.tfName)))
    throw new Error(`TensorFlow.js could not start "${candidate.tfName}"`);
}
