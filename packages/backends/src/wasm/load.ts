import { engine, setBackend } from "@tensorflow/tfjs-core";
import { keepListeners, planThreads, wasmFolder } from "#platform";
import type { CandidateOptions, LoadedCandidate } from "../candidate.ts";
import type { BackendWarning } from "../events.ts";
import { placeFiles, type WasmFileName } from "./files.ts";
import { extendWasmBackend, registerWasmKernels } from "./register.ts";
import { startWasm } from "./start.ts";

/** TensorFlow.js keeps this very object, and takes no other one once a start has failed: so its entries change. */
const paths: Partial<Record<WasmFileName, string>> = {};

/** Loads the wasm backend and starts it, with threads where they can be had. */
export async function loadWasm({ wasmPath, threads }: CandidateOptions): Promise<LoadedCandidate> {
  const { getThreadsCount, setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  const isStarted = "wasm" in engine().registry; // not findBackend(), which starts it
  await registerWasmKernels();
  // In Node its code would rethrow every uncaught error, which prints its source in place of the error's.
  const dropListeners = keepListeners();
  try {
    const plan = planThreads(threads);
    const warnings: BackendWarning[] = [];
    if (!isStarted) {
      if (plan.kernels !== undefined) setThreadsCount(plan.kernels);
      const files = placeFiles(wasmPath, wasmFolder());
      try {
        const isFirst = Object.keys(paths).length === 0;
        Object.assign(paths, files.paths);
        if (isFirst) setWasmPaths(paths);
        warnings.push(...(await startWasm(plan, files, threads ?? 1)));
      } finally {
        files.release();
      }
    }
    if (!(await setBackend("wasm"))) throw new Error('TensorFlow.js could not start "wasm"');
    const running = extendWasmBackend(plan.products, getThreadsCount());
    if (threads !== undefined && threads !== running && warnings.length === 0)
      warnings.push({ code: "WASM_THREADS", message: otherThreads(isStarted, threads, running) });
    return { threads: running, warnings };
  } finally {
    dropListeners();
  }
}

function otherThreads(isStarted: boolean, asked: number, running: number): string {
  return isStarted
    ? `wasm keeps what it was started with, threads: ${running}, not ${asked}`
    : `wasm computes on threads: ${running}, not ${asked}: TensorFlow.js takes at most half of a page's processors`;
}
