import { env, scalar } from "@tensorflow/tfjs-core";
import { environment, loadedCores, registerGradients } from "#platform";
import type { Candidate, CandidateOptions, LoadedCandidate } from "./candidate.ts";
import { activate, CANDIDATES } from "./candidates.ts";
import { checkCores } from "./core-copies.ts";
import type { BackendError } from "./error.ts";
import { announce, type BackendWarning } from "./events.ts";
import { checkOptions } from "./options.ts";
import { visible } from "./visible.ts";
import type { WasmLocation } from "./wasm/files.ts";
import { backendFailed, backendUnknown, noBackend, threadsInvalid } from "./errors.ts";

/** Options of {@link loadBackend}. */
export interface LoadBackendOptions {
  /** The only backend that will do; otherwise `HOOKDICT_BACKEND`, otherwise the first that works. */
  readonly backend?: string;
  /**
   * Where TensorFlow.js's `.wasm` files are: their folder or its URL; or a map that names each by a path, a URL or its
   * bytes; or the bytes of one. Default: in Node those of the installed package, in a page those beside it.
   */
  readonly wasmPath?: WasmLocation;
  /**
   * Threads of `wasm`, in Node and in pages that are isolated from other origins; otherwise `HOOKDICT_WASM_THREADS`,
   * otherwise as many as there are processors in Node, 8 at most, and half of them in a page. At most 64. Once it has
   * started it keeps them.
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
  /**
   * What works now and is better changed: several copies of tfjs-core, `wasm` with other threads than it could have, `cpu`
   * because the files of `wasm` are missing. `backendEvents` tells the same.
   */
  readonly warnings: readonly string[];
}

/**
 * Loads the best backend that works here, or the one asked for, and the gradients of all operations.
 *
 * @throws BackendError `BACKEND_UNKNOWN`, `BACKEND_FAILED` (a forced backend never falls back), `BACKEND_NONE`, `BACKEND_TWO_CORES`,
 * `THREADS_INVALID`, `BACKEND_OPTIONS`, `BACKEND_OPTION`.
 *
 * @example
 * const { name } = await loadBackend({ backend: "cpu" });
 * name; // => "cpu"
 */
export function loadBackend(options: LoadBackendOptions = {}): Promise<LoadedBackend> {
  const loaded = last.then(() => load(checkOptions(options)));
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
    const warnings = [...choice.warnings, ...checkCores(loadedCores())].map(({ code, message }) => ({
      code,
      message: visible(message),
    }));
    announce(warnings);
    return Object.freeze({ ...choice, warnings: Object.freeze(warnings.map(({ message }) => message)) });
  });
}

function wantedThreads({ threads }: LoadBackendOptions): number | undefined {
  const variable = environment["HOOKDICT_WASM_THREADS"];
  const given = threads ?? (variable === undefined || variable === "" ? undefined : Number(variable));
  if (given === undefined || (Number.isSafeInteger(given) && given > 0 && given <= MAX_THREADS)) return given;
  throw threads === undefined
    ? threadsInvalid(JSON.stringify(variable), "HOOKDICT_WASM_THREADS", MAX_THREADS)
    : threadsInvalid(String(threads), "loadBackend", MAX_THREADS);
}

/** Each is a worker with memory of its own: a slip of the keyboard must not end the process. */
const MAX_THREADS = 64;

/** A chosen backend before its warnings are told. */
type Choice = Omit<LoadedBackend, "warnings"> & { readonly warnings: readonly BackendWarning[] };

interface Forced {
  readonly name: string;
  readonly from: string;
}

function forcedBackend(options: LoadBackendOptions): Forced | undefined {
  if (options.backend !== undefined) return { name: options.backend, from: "loadBackend" };
  const name = environment["HOOKDICT_BACKEND"];
  return name === undefined || name === "" ? undefined : { name, from: "HOOKDICT_BACKEND" };
}

async function forceBackend({ name, from }: Forced, options: LoadBackendOptions): Promise<Choice> {
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

async function firstThatWorks(options: LoadBackendOptions): Promise<Choice> {
  const tried: { name: string; reason: string }[] = [];
  for (const candidate of CANDIDATES) {
    try {
      const started = await start(candidate, { ...options, forced: false });
      const reason =
        tried.length === 0 ? "it comes first" : `${tried.map(({ name }) => name).join(", ")} did not load`;
      const warnings = [...fallbackWarnings(candidate, tried), ...started.warnings];
      return { name: candidate.name, reason, tried: Object.freeze(tried), ...started, warnings };
    } catch (error) {
      tried.push(Object.freeze({ name: candidate.name, reason: reasonOf(error) }));
    }
  }
  throw noBackend(tried.map(({ name, reason }) => `${name}: ${reason}`));
}

/** Plain JavaScript in the place of WebAssembly is nothing that anybody wants. */
function fallbackWarnings({ name }: Candidate, tried: LoadedBackend["tried"]): BackendWarning[] {
  const wasm = tried.find((each) => each.name === "wasm");
  if (name !== "cpu" || wasm === undefined) return [];
  const message = `cpu computes, many times slower than wasm, which did not load: ${wasm.reason}`;
  return [{ code: "WASM_MISSING", message }];
}

async function start(
  candidate: Candidate,
  options: CandidateOptions,
): Promise<LoadedCandidate & Required<Pick<LoadedCandidate, "warnings">>> {
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
