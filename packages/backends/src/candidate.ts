import type { BackendError } from "./error.ts";
import type { WasmLocation } from "./wasm/files.ts";
import type { BackendWarning } from "./events.ts";

/** What a candidate is loaded with. */
export interface CandidateOptions {
  readonly wasmPath?: WasmLocation | undefined;
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
  /** What it is here, in a few words, once it is loaded. */
  describe(loaded: Pick<LoadedCandidate, "threads">): string;
}

/** What is known of a backend that has been loaded. */
export interface LoadedCandidate {
  /** Threads that share in large products. */
  readonly threads?: number;
  readonly warnings?: readonly BackendWarning[];
}
