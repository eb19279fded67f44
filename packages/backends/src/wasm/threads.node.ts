import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";
import type { Worker as NodeWorker, WorkerOptions } from "node:worker_threads";
import { engine, env } from "@tensorflow/tfjs-core";

// The threaded build of the wasm backend gives its workers their script as the address of a Blob, which Node's workers do
// not take; uses no more threads than half the processors; and TensorFlow.js turns it off in Node for all that. So while
// it starts, Blobs are files, and there are twice as many processors.

/** Makes the wasm backend start with so many threads; what it returns is called when it has started or failed. */
export function allowThreads(count: number): () => void {
  const folder = mkdtempSync(join(os.tmpdir(), "hookdict-wasm-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const originals = {
    Blob: globalThis.Blob,
    createObjectURL: URL.createObjectURL.bind(URL),
    cpus: os.cpus.bind(os),
  };
  globalThis.Blob = scriptFiles(folder) as unknown as typeof Blob; // used for its address alone
  URL.createObjectURL = (file) => (file as unknown as { path: string }).path;
  os.cpus = () =>
    Array.from({ length: 2 * count }, () => originals.cpus()[0]).filter((cpu) => cpu !== undefined);
  const removeWorker = plainWorkers();
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
  return () => {
    removeWorker();
    globalThis.Blob = originals.Blob;
    URL.createObjectURL = originals.createObjectURL;
    os.cpus = originals.cpus;
    releaseProcess();
  };
}

/** Workers without this process's flags, which may be for a main program alone; the bundle takes them from the module. */
function plainWorkers(): () => void {
  const module = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof NodeWorker };
  const { Worker: original } = module;
  module.Worker = class extends original {
    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, { ...options, execArgv: [] });
    }
  };
  return () => {
    module.Worker = original;
    delete (globalThis as { Worker?: unknown }).Worker; // the bundle's: Node has none
  };
}

/** A class whose instances write the script they are made from to a file, with what the bundled script takes for granted. */
function scriptFiles(folder: string): new (parts: readonly string[]) => { readonly path: string } {
  const preamble = `${bundledModules()}URL.createObjectURL = (file) => file.path; URL.revokeObjectURL = () => {};\n`;
  let written = 0;
  return class {
    readonly path: string = join(folder, `script${written++}.cjs`);
    constructor(parts: readonly string[]) {
      writeFileSync(this.path, preamble + parts.join(""));
    }
  };
}

/** The names under which the package's bundle knows Node's modules. */
function bundledModules(): string {
  const bundle = readFileSync(
    createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"),
    "utf8",
  );
  const imports = bundle.matchAll(/^var (require\$\$\d+) = require\('(\w+)'\);$/gm);
  const lines = [...imports].map(([, name, module]) => `globalThis.${name} = require("${module}");`);
  return [...lines, "globalThis.commonjsGlobal = globalThis;", ""].join("\n");
}

interface ThreadedBackend {
  readonly wasm: { readonly PThread?: { readonly unusedWorkers: Unref[]; readonly runningWorkers: Unref[] } };
}
interface Unref {
  unref?: () => void;
}

/** The workers wait for work for ever; the process need not wait for them. */
function releaseProcess(): void {
  const backend = engine().findBackend("wasm") as unknown as ThreadedBackend | null; // null where it did not start
  const threads = backend?.wasm.PThread;
  for (const worker of [...(threads?.unusedWorkers ?? []), ...(threads?.runningWorkers ?? [])])
    worker.unref?.();
}
