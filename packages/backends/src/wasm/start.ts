import { env, setBackend } from "@tensorflow/tfjs-core";
import { readWasm } from "#platform";
import type { BackendWarning } from "../events.ts";
import { wasmThreadsOnly } from "./errors.ts";
import { explainFailure, type PlacedFiles } from "./files.ts";
import type { Threads } from "./threads.ts";
import { watchWorkers } from "./watch.ts";

/**
 * Starts it with memory that threads share, where that is planned, otherwise or when that fails on one thread; what kept
 * it from the first is returned.
 *
 * @param asked Threads that somebody asked for, otherwise 1.
 * @throws BackendError `WASM_FILE_MISSING`, `WASM_NOT_STARTED`, `WASM_THREADS_ONLY`.
 */
export async function startWasm(plan: Threads, files: PlacedFiles, asked: number): Promise<BackendWarning[]> {
  // As it was, for whoever starts it anew after it was ended.
  const supported = Boolean(await env().getAsync(THREADED));
  try {
    return await start(plan, files, asked);
  } finally {
    env().set(THREADED, supported);
  }
}

/** Whether TensorFlow.js takes its build for threads. */
const THREADED = "WASM_HAS_MULTITHREAD_SUPPORT";

async function start(plan: Threads, files: PlacedFiles, asked: number): Promise<BackendWarning[]> {
  const warnings: BackendWarning[] = [];
  let fault: string | undefined;
  const warn = (message: string): void => void warnings.push({ code: "WASM_THREADS", message });
  if (plan.refused !== undefined) warn(plan.refused);
  if (await wantsThreads(plan, files)) {
    fault = await startShared(plan);
    if (fault === undefined) return warnings;
    warn(`wasm runs on one thread: ${fault}`);
  } else if (asked > 1 && plan.isShared) warn(`wasm runs on one thread: ${await whyAlone(plan, files)}`);
  if (!files.hasOneThread) throw wasmThreadsOnly(fault ?? (await whyAlone(plan, files)));
  env().set(THREADED, false);
  if (await setBackend("wasm")) return warnings;
  const name = (await env().getAsync("WASM_HAS_SIMD_SUPPORT"))
    ? "tfjs-backend-wasm-simd.wasm"
    : "tfjs-backend-wasm.wasm";
  throw await explainFailure(files.paths[name], readWasm);
}

async function wantsThreads({ isShared, share }: Threads, { hasThreads }: PlacedFiles): Promise<boolean> {
  if (!isShared || !hasThreads || !(await env().getAsync("WASM_HAS_SIMD_SUPPORT"))) return false;
  return share !== undefined || Boolean(await env().getAsync(THREADED));
}

/** Why the build for threads is not tried. */
async function whyAlone({ isShared, refused }: Threads, { hasThreads }: PlacedFiles): Promise<string> {
  if (!isShared) return refused ?? "one thread was asked for";
  if (!hasThreads) return "wasmPath names no build for threads";
  return (await env().getAsync("WASM_HAS_SIMD_SUPPORT"))
    ? "the page is not isolated from other origins"
    : "the processor or the browser has no SIMD";
}

/** Starts the build for threads; what is returned says why it did not start. */
async function startShared({ share }: Threads): Promise<string | undefined> {
  // Node's workers are none that load anything.
  const watch =
    share === undefined ? watchWorkers() : { fault: new Promise<never>(() => undefined), end: share() };
  try {
    const started = setBackend("wasm").then((isUp) =>
      isUp ? undefined : "its build for threads did not start",
    );
    return await Promise.race([started, watch.fault]);
  } finally {
    watch.end();
  }
}
