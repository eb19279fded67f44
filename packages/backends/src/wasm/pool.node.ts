import { Worker } from "node:worker_threads";
import type { Pool, PoolOptions } from "./threads.ts";

// Where the threads meet, in 32-bit words that they share: the present job, how many tiles it has and which is the next;
// whether it may be joined; how many threads are at it; a count of jobs, which idle threads wait on; and
// whether one broke off.
const [JOB, TILES, NEXT, IS_OPEN, BUSY, SIGNAL, IS_BROKEN] = [0, 1, 2, 3, 4, 5, 6] as const;
const WORDS = 7;

// A thread reads the job only after it has said that it is busy and then found the job open, and a job is written only
// while none is open and nobody is busy. So whoever comes late finds the next job or none, never half of one.
const SCRIPT = `
const { module, memory, control, scratch } = require("node:worker_threads").workerData;
const { tile } = new WebAssembly.Instance(module, { env: { memory } }).exports;
for (let seen = 0; ; ) {
  Atomics.wait(control, ${SIGNAL}, seen);
  seen = Atomics.load(control, ${SIGNAL});
  Atomics.add(control, ${BUSY}, 1);
  try {
    if (Atomics.load(control, ${IS_OPEN}) === 1) {
      const job = control[${JOB}], tiles = control[${TILES}];
      for (let i; (i = Atomics.add(control, ${NEXT}, 1)) < tiles; ) tile(job, i, scratch);
    }
  } catch {
    Atomics.store(control, ${IS_BROKEN}, 1);
    break;
  } finally {
    if (Atomics.sub(control, ${BUSY}, 1) === 1) Atomics.notify(control, ${BUSY});
  }
}`;

/**
 * Starts threads that help with products. Nobody waits for them: those that are not there yet, or never come, leave the work
 * to the others; and they keep no process alive.
 */
export function openPool({ module, memory, scratches }: PoolOptions): Pool {
  const control = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const workers = scratches.flatMap((scratch) => startWorker({ module, memory, control, scratch }));
  return {
    run(job, tiles, tile) {
      control.set([job, tiles]);
      Atomics.store(control, NEXT, 0);
      Atomics.store(control, IS_OPEN, 1);
      Atomics.add(control, SIGNAL, 1);
      Atomics.notify(control, SIGNAL);
      try {
        for (let i; (i = Atomics.add(control, NEXT, 1)) < tiles;) tile(i);
      } finally {
        Atomics.store(control, IS_OPEN, 0);
        for (let busy; (busy = Atomics.load(control, BUSY)) > 0;) Atomics.wait(control, BUSY, busy);
      }
      // Whatever kept that thread from its tile is an error here, too, or is made good.
      if (Atomics.exchange(control, IS_BROKEN, 0) === 1) for (let i = 0; i < tiles; i++) tile(i);
    },
    close() {
      for (const worker of workers) void worker.terminate();
    },
  };
}

function startWorker(workerData: object): Worker[] {
  try {
    // Without this process's flags, which may be for a main program alone.
    const worker = new Worker(SCRIPT, { eval: true, workerData, execArgv: [] });
    worker.unref();
    // The others do its work.
    worker.on("error", () => undefined);
    return [worker];
  } catch {
    return [];
  }
}
