import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import type { Worker as NodeWorker } from "node:worker_threads";
import { env } from "@tensorflow/tfjs-core";
import type { Threads } from "./threads.ts";

/** More than these add little to products of the sizes that models have. */
const MAX_DEFAULT = 8;

interface ProcessWithPermissions {
  readonly permission?: { has(scope: string): boolean };
}

/**
 * Threads for the products: as many as asked for, otherwise one for each processor, at most 8.
 *
 * They need memory that threads share, and the threaded build of the backend alone has that. Node turns that build off,
 * because it starts eight workers from the address of a Blob, which Node's workers do not take. Its own threads serve its
 * own products, which ours replace, and little else: so it is given workers that do nothing.
 */
export function planThreads(asked: number | undefined): Threads {
  const count = asked ?? Math.min(availableParallelism(), MAX_DEFAULT);
  const { permission } = process as unknown as ProcessWithPermissions; // newer than @types/node
  if (count > 1 && permission !== undefined && !permission.has("worker"))
    return { ...ONE, refused: "wasm runs on one thread: Node's permissions allow no workers" };
  return count > 1 ? { kernels: 1, products: count, isShared: true, share: shareMemory } : ONE;
}

const ONE: Threads = { kernels: 1, products: 1, isShared: false };

function shareMemory(): () => void {
  const module = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof NodeWorker };
  const { Worker: original } = module;
  const before = Object.getOwnPropertyDescriptor(globalThis, "Worker");
  module.Worker = new Proxy(original, {
    construct: (target, args: [unknown], newTarget) =>
      isBlobAddress(args[0])
        ? new IdleWorker(args[0])
        : (Reflect.construct(target, args, newTarget) as object),
  });
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
  return () => {
    module.Worker = original;
    // The backend's bundle sets it.
    if (before === undefined) delete (globalThis as { Worker?: unknown }).Worker;
    else Object.defineProperty(globalThis, "Worker", before);
  };
}

function isBlobAddress(file: unknown): file is string {
  return typeof file === "string" && file.startsWith("blob:");
}

/** Says that it has loaded whatever it is told to load. */
class IdleWorker {
  onmessage?: (event: { data: { cmd: string } }) => void;

  constructor(address: string) {
    URL.revokeObjectURL(address);
  }

  postMessage({ cmd }: { cmd?: string }): void {
    if (cmd === "load") queueMicrotask(() => this.onmessage?.({ data: { cmd: "loaded" } }));
  }

  on(): void {
    // It has nothing to say.
  }

  unref(): void {
    // It keeps no process alive.
  }

  terminate(): void {
    // It does not run.
  }
}
