import { harvestOption } from "../checks/errors.ts";
import { checkKnown, checkWhole } from "../checks/options.ts";
import type { DeadJob, QueueEngine, QueueWorkOptions, WorkQueue } from "./queue.ts";
import { after } from "../run/timer.ts";
import type { StopSignal } from "../run/runner.ts";

/** Items of a queue in memory. */
interface Held {
  readonly waiting: Set<number>;
  readonly active: Set<number>;
  readonly tries: Map<number, number>;
  readonly dead: Map<number, DeadJob>;
}

/** Never raised. */
const CALM: StopSignal = {
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};

const OWNER = "memoryQueue";

/** Between two looks for items. */
const PAUSE_MS = 5;

/**
 * An engine in this process's memory: the smallest that does what an engine must, for tests and to try things out.
 *
 * @example no-run
 * await using engine = memoryQueue();
 * await enqueue(plan, engine);
 */
export function memoryQueue(): QueueEngine {
  const queues = new Map<string, Held>();
  return {
    async open(harvest, options = {}) {
      if (typeof harvest !== "string") throw harvestOption(OWNER, "harvest", harvest, "a plan's id");
      checkKnown(OWNER, options, ["attempts"]);
      checkWhole(OWNER, "attempts", options.attempts, 1);
      const { attempts = 5 } = options;
      const held = queues.get(harvest) ?? {
        waiting: new Set(),
        active: new Set(),
        tries: new Map(),
        dead: new Map(),
      };
      queues.set(harvest, held);
      return queueOf(held, attempts);
    },
    [Symbol.asyncDispose]: async () => queues.clear(),
  };
}

function queueOf(held: Held, attempts: number): WorkQueue {
  const { waiting, active, tries, dead } = held;
  return {
    async enqueue(items) {
      const isList = typeof items === "object" && items !== null && Symbol.iterator in items;
      if (!isList) throw harvestOption(OWNER, "items", items, "items, by their numbers");
      for (const item of items) if (!active.has(item) && !dead.has(item)) waiting.add(item);
    },
    counts: async () => ({ waiting: waiting.size, active: active.size, dead: dead.size }),
    work(run, options) {
      if (typeof run !== "function") throw harvestOption(OWNER, "run", run, "a function");
      const { concurrency } = Object(options) as QueueWorkOptions; // plain JavaScript gives anything
      checkWhole(OWNER, "concurrency", concurrency ?? null, 1, 1024);
      return startLanes(held, attempts, run, options);
    },
    dead: async () => [...dead.values()],
    async retryDead() {
      for (const item of dead.keys()) {
        tries.delete(item);
        waiting.add(item);
      }
      dead.clear();
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function startLanes(
  held: Held,
  attempts: number,
  run: (item: number, signal: StopSignal) => Promise<void>,
  { concurrency }: QueueWorkOptions,
): AsyncDisposable {
  const state = { isEnded: false };
  const lane = async (): Promise<void> => {
    while (!state.isEnded) {
      const [item] = held.waiting;
      if (item === undefined) await pause();
      else await runOne(held, attempts, item, run);
    }
  };
  const lanes = Promise.all(Array.from({ length: concurrency }, lane));
  return {
    async [Symbol.asyncDispose]() {
      state.isEnded = true;
      await lanes;
    },
  };
}

async function runOne(
  { waiting, active, tries, dead }: Held,
  attempts: number,
  item: number,
  run: (item: number, signal: StopSignal) => Promise<void>,
): Promise<void> {
  waiting.delete(item);
  active.add(item);
  try {
    await run(item, CALM);
  } catch (error) {
    const made = (tries.get(item) ?? 0) + 1;
    tries.set(item, made);
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    if (made < attempts) waiting.add(item);
    else dead.set(item, { item, reason: message, attempts: made, ...(stack !== undefined && { stack }) });
  } finally {
    active.delete(item);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => after(PAUSE_MS, resolve));
}
