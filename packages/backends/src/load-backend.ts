import { env, scalar } from "@tensorflow/tfjs-core";
import { environment, loadedCores, registerGradients } from "#platform";
import { activate, type Candidate, type CandidateOptions, CANDIDATES } from "./candidates.ts";
import { checkCores } from "./core-copies.ts";
import type { BackendError } from "./error.ts";
import { backendFailed, backendUnknown, noBackend, threadsInvalid } from "./errors.ts";

/** Options of {@link loadBackend}. */
export interface LoadBackendOptions {
  /** The only backend that will do; otherwise `HOOKDICT_BACKEND`, otherwise the first that works. */
  readonly backend?: string;
  /** Folder or URL of the .wasm files, with a closing slash. Default: those of the installed package. */
  readonly wasmPath?: string;
  /**
   * Threads of `wasm`, in Node and in pages that are isolated from other origins; otherwise `HOOKDICT_WASM_THREADS`,
   * otherwise as many as there are processors in Node, 8 at most, and half of them in a page. Once it has started it
   * keeps them.
   */
  readonly threads?: number;
  /** Called once when the device that `webgpu` computes on is lost; every tensor is lost with it. */
  readonly onDeviceLost?: (error: BackendError) => void;
}

/** Which backend is active, and why. */
export interface LoadedBackend {
  readonly name: string;
  readonly reason: string;
  /** Backends tried before it, with what kept them from working. */
  readonly tried: readonly { readonly name: string; readonly reason: string }[];
  /** Threads that share in its large products, where it tells: `wasm` does. */
  readonly threads?: number;
  /** What works now and is better changed: several copies of tfjs-core, `wasm` with other threads than it could have. */
  readonly warnings: readonly string[];
}

/**
 * Loads the best backend that works here, or the one asked for, and the gradients of all operations.
 *
 * @throws BackendError `BACKEND_UNKNOWN`, `BACKEND_FAILED` (a forced backend never falls back), `BACKEND_NONE`, `BACKEND_TWO_CORES`,
 * `THREADS_INVALID`.
 *
 * @example
 * const { name } = await loadBackend({ backend: "cpu" });
 * name; // => "cpu"
 */
export function loadBackend(options: LoadBackendOptions = {}): Promise<LoadedBackend> {
  const loaded = last.then(() => load(options));
  last = loaded.catch(() => undefined);
  return loaded;
}

/** One is loaded after the other: while one starts, the engine, its settings and Node's workers are not as they are else. */
let last: Promise<unknown> = Promise.resolve();

function load(given: LoadBackendOptions): Promise<LoadedBackend> {
  return quietly(async () => {
    const threads = wantedThreads(given);
    const options = { ...given, ...(threads !== undefined && { threads }) };
    await registerGradients();
    const forced = forcedBackend(options);
    const choice = await (forced === undefined ? firstThatWorks(options) : forceBackend(forced, options));
    const warnings = [...choice.warnings, ...checkCores(loadedCores())];
    return Object.freeze({ ...choice, warnings: Object.freeze(warnings) });
  });
}

function wantedThreads({ threads }: LoadBackendOptions): number | undefined {
  const variable = environment["HOOKDICT_WASM_THREADS"];
  const given = threads ?? (variable === undefined || variable === "" ? undefined : Number(variable));
  if (given === undefined || (Number.isSafeInteger(given) && given > 0)) return given;
  throw threads === undefined
    ? threadsInvalid(JSON.stringify(variable), "HOOKDICT_WASM_THREADS")
    : threadsInvalid(String(threads), "loadBackend");
}

interface Forced {
  readonly name: string;
  readonly from: string;
}

function forcedBackend(options: LoadBackendOptions): Forced | undefined {
  if (options.backend !== undefined) return { name: options.backend, from: "loadBackend" };
  const name = environment["HOOKDICT_BACKEND"];
  return name === undefined || name === "" ? undefined : { name, from: "HOOKDICT_BACKEND" };
}

async function forceBackend({ name, from }: Forced, options: LoadBackendOptions): Promise<LoadedBackend> {
  const candidate = CANDIDATES.find((each) => each.name === name);
  if (candidate === undefined)
    throw backendUnknown(
      name,
      CANDIDATES.map((each) => each.name),
      from,
    );
  try {
    const started = await start(candidate, { ...options, forced: true });
    return { name, reason: `${from} asks for it`, tried: Object.freeze([]), ...started };
  } catch (error) {
    throw backendFailed(name, reasonOf(error), from, error);
  }
}

async function firstThatWorks(options: LoadBackendOptions): Promise<LoadedBackend> {
  const tried: { name: string; reason: string }[] = [];
  for (const candidate of CANDIDATES) {
    try {
      const started = await start(candidate, { ...options, forced: false });
      const reason =
        tried.length === 0 ? "it comes first" : `${tried.map(({ name }) => name).join(", ")} did not load`;
      return { name: candidate.name, reason, tried: Object.freeze(tried), ...started };
    } catch (error) {
      tried.push(Object.freeze({ name: candidate.name, reason: reasonOf(error) }));
    }
  }
  throw noBackend(tried.map(({ name, reason }) => `${name}: ${reason}`));
}

async function start(
  candidate: Candidate,
  options: CandidateOptions,
): Promise<Pick<LoadedBackend, "threads" | "warnings">> {
  const loaded = (await candidate.load(options)) ?? {};
  await activate(candidate);
  return { warnings: [], ...loaded };
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? message;
}

/** TensorFlow.js prints a banner when the first tensor is made outside of tests; a library prints nothing. */
async function quietly<T>(fn: () => Promise<T>): Promise<T> {
  const wasTest = env().getBool("IS_TEST");
  env().set("IS_TEST", true);
  try {
    const result = await fn();
    scalar(0).dispose();
    return result;
  } finally {
    env().set("IS_TEST", wasTest);
  }
}
