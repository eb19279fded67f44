import { engine, env, setBackend } from "@tensorflow/tfjs-core";
import { keepListeners, planThreads, wasmFolder } from "#platform";
import type { CandidateOptions, LoadedCandidate } from "../candidates.ts";
import { extendWasmBackend, registerWasmKernels } from "./register.ts";
import type { Threads } from "./threads.ts";

/** Loads the wasm backend and starts it, with threads where they can be had. */
export async function loadWasm({ wasmPath, threads }: CandidateOptions): Promise<LoadedCandidate> {
  const { getThreadsCount, setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  const isStarted = "wasm" in engine().registry; // not findBackend(), which starts it
  const folder = wasmPath ?? wasmFolder();
  if (folder !== undefined && !isStarted) setWasmPaths(folder);
  await registerWasmKernels();
  const plan = planThreads(threads);
  if (!isStarted && plan.kernels !== undefined) setThreadsCount(plan.kernels);
  // In Node its code would rethrow every uncaught error, which prints its source in place of the error's.
  const dropListeners = keepListeners();
  try {
    const warnings = isStarted ? [] : await startWasm(plan);
    if (!(await setBackend("wasm"))) throw new Error('TensorFlow.js could not start "wasm"');
    const running = extendWasmBackend(plan.products, getThreadsCount());
    if (isStarted && threads !== undefined && threads !== running)
      warnings.push(`wasm keeps what it was started with, threads: ${running}, not ${threads}`);
    return { threads: running, warnings };
  } finally {
    dropListeners();
  }
}

/** Starts it with memory that threads share, where that is planned; what kept it from that is returned. */
async function startWasm({ share, refused }: Threads): Promise<string[]> {
  if (share === undefined) return refused === undefined ? [] : [refused];
  const restore = share();
  try {
    if (await setBackend("wasm")) return [];
  } finally {
    restore();
  }
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  return ["wasm runs on one thread: its build for threads did not start"];
}
