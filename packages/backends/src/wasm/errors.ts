import { BackendError } from "../error.ts";
import { shown } from "../errors.ts";

export function wasmFileMissing(location: string, reason: string): BackendError {
  return new BackendError({
    code: "WASM_FILE_MISSING",
    what: `There is no WebAssembly at ${JSON.stringify(location)} (${reason}).`,
    hint: "Put the .wasm files of @tensorflow/tfjs-backend-wasm there, or give loadBackend the option wasmPath: their folder, or a URL or the bytes of each.",
    fields: { location, reason },
  });
}

export function wasmPathInvalid(what: string, names: readonly string[]): BackendError {
  return new BackendError({
    code: "WASM_PATH",
    what,
    hint: `Give the folder of the .wasm files, or the bytes of one, or an object that has a URL or the bytes for some of ${names.join(", ")}.`,
    fields: { names },
  });
}

/** What is wrong with a value in the place of a path. */
export function notALocation(name: string, got: unknown): string {
  return `loadBackend was given ${shown(got)} as ${name}.`;
}

export function wasmNotStarted(location: string): BackendError {
  return new BackendError({
    code: "WASM_NOT_STARTED",
    what: `TensorFlow.js could not start wasm with ${JSON.stringify(location)}, which is WebAssembly.`,
    hint: "The file must be of the same version of @tensorflow/tfjs-backend-wasm as its code, and the page's content security policy must allow 'wasm-unsafe-eval'.",
    fields: { location },
  });
}

export function wasmThreadsOnly(reason: string): BackendError {
  return new BackendError({
    code: "WASM_THREADS_ONLY",
    what: `wasmPath names the build for threads alone, which does not run here: ${reason}.`,
    hint: "Name tfjs-backend-wasm-simd.wasm as well.",
    fields: { reason },
  });
}
