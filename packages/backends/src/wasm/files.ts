import { locateWasm } from "#platform";
import { notALocation, wasmFileMissing, wasmNotStarted, wasmPathInvalid } from "./errors.ts";

/** The builds of TensorFlow.js's WebAssembly. */
export type WasmFileName =
  "tfjs-backend-wasm.wasm" | "tfjs-backend-wasm-simd.wasm" | "tfjs-backend-wasm-threaded-simd.wasm";

/** Where each is: a path, a URL, or its bytes. Not all need be there. */
export type WasmFiles = Readonly<Partial<Record<WasmFileName, string | Uint8Array | ArrayBuffer>>>;

/** Where they are: their folder or its URL, each by itself, or the bytes of the only one. */
export type WasmLocation = string | Uint8Array | ArrayBuffer | WasmFiles;

const [PLAIN, SIMD, THREADED] = [
  "tfjs-backend-wasm.wasm",
  "tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm",
] as const;
const NAMES = [PLAIN, SIMD, THREADED];

/** Where TensorFlow.js finds the files while it starts. */
export interface PlacedFiles {
  /** Path or URL of each: what has no file of its own has another one that serves. */
  readonly paths: Readonly<Record<WasmFileName, string>>;
  readonly hasThreads: boolean;
  readonly hasOneThread: boolean;
  /** Takes away what was made for the start. */
  release(): void;
}

/**
 * Refuses what is no location of files.
 *
 * @throws BackendError `WASM_PATH`.
 */
export function checkWasmPath(given: unknown): void {
  if (given === undefined || isBytes(given)) return;
  if (typeof given === "string" && given !== "") {
    if (!/\.wasm$/i.test(given)) return;
    throw wasmPathInvalid(`${notALocation("wasmPath", given).slice(0, -1)}, which is one file.`, NAMES);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw wasmPathInvalid(notALocation("wasmPath", given), NAMES);
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  if (entries.length === 0)
    throw wasmPathInvalid("loadBackend was given an object as wasmPath that names no file.", NAMES);
  for (const [name, value] of entries) {
    if (!(NAMES as readonly string[]).includes(name))
      throw wasmPathInvalid(
        `loadBackend was given ${JSON.stringify(name)} in wasmPath, which is no file of wasm.`,
        NAMES,
      );
    if (!isBytes(value) && (typeof value !== "string" || value === ""))
      throw wasmPathInvalid(notALocation(`wasmPath[${JSON.stringify(name)}]`, value), NAMES);
  }
}

/** Puts the files where TensorFlow.js can read them. `folder` is where they are when nothing is given. */
export function placeFiles(given: WasmLocation | undefined, folder: string): PlacedFiles {
  const placed: { readonly path: string; release(): void }[] = [];
  const place = (each: string | Uint8Array | ArrayBuffer): string => {
    if (typeof each === "string") return each;
    const at = locateWasm(new Uint8Array(each instanceof Uint8Array ? each : new Uint8Array(each)));
    placed.push(at);
    return at.path;
  };
  const files = asFiles(given ?? folder);
  const paths = new Map(Object.entries(files).map(([name, each]) => [name, place(each)]));
  const threaded = paths.get(THREADED);
  const single = paths.get(SIMD) ?? paths.get(PLAIN);
  const any = single ?? threaded ?? "";
  return {
    paths: { [PLAIN]: paths.get(PLAIN) ?? any, [SIMD]: any, [THREADED]: threaded ?? any },
    hasThreads: threaded !== undefined,
    hasOneThread: single !== undefined,
    release: () => {
      for (const each of placed) each.release();
    },
  };
}

function asFiles(given: WasmLocation): WasmFiles {
  if (isBytes(given)) return { [needsSharedMemory(given) ? THREADED : SIMD]: given };
  if (typeof given !== "string") return given;
  const folder = /[/\\]$/.test(given) ? given : `${given}/`;
  return Object.fromEntries(NAMES.map((name) => [name, folder + name]));
}

function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return value instanceof Uint8Array || value instanceof ArrayBuffer;
}

/** Whether it is the build for threads: that one alone is given its memory. */
function needsSharedMemory(bytes: Uint8Array | ArrayBuffer): boolean {
  try {
    const { Module } = (globalThis as unknown as { WebAssembly: CompilerOfModules }).WebAssembly;
    return Module.imports(new Module(bytes)).some(({ kind }) => kind === "memory");
  } catch {
    return false; // damaged: starting it says so
  }
}

/** As in web-assembly.ts; a list of imports is read here alone. */
interface CompilerOfModules {
  readonly Module: {
    new (code: Uint8Array | ArrayBuffer): object;
    imports(module: object): readonly { readonly kind: string }[];
  };
}

/** Why TensorFlow.js could not start with a file. */
export async function explainFailure(
  path: string,
  read: (path: string) => Promise<{ readonly location: string; readonly fault: string | undefined }>,
): Promise<Error> {
  const { location, fault } = await read(path);
  return fault === undefined ? wasmNotStarted(location) : wasmFileMissing(location, fault);
}
