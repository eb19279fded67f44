import { checkEngine, checkPlan, openQueue } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { checkKnown, checkWhole } from "../checks/options.ts";
import { noteDead } from "../item/commit.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import { harvestStopped } from "../run/errors.ts";
import { checkRunOptions, openRunner, type RunOptions } from "../run/harvest.ts";
import { startReports } from "../run/reporter.ts";
import { after } from "../run/timer.ts";
import { type ItemRunner, SetupError } from "../run/runner.ts";
import { probeStore } from "../store/probe.ts";
import { type HarvestStatus, harvestStatus, itemStates, pendingItems } from "../upkeep/status.ts";
import { queueJob } from "./errors.ts";
import type { QueueEngine, WorkQueue } from "./queue.ts";

/** Options of {@link work}. */
export interface WorkOptions extends RunOptions {
  /** Milliseconds after which an item is given to another worker when this one says nothing. Default 30,000. */
  readonly lease?: number;
  /** Times that the queue has an item tried before it is dead. Default 5. */
  readonly attempts?: number;
}

/** A worker. Disposing it ends it: items under way are tried again by others. */
export interface HarvestWorker extends AsyncDisposable {
  /** Resolves when every item is committed or dead; rejects when the worker is stopped, or cannot compute any item. */
  readonly finished: Promise<HarvestStatus>;
}

const KNOWN = ["processes", "itemTimeout", "oneBackend", "onProgress", "signal", "lease", "attempts"];

/** Between two looks at the store and the queue: at least this long, and looking is never more than a tenth of the time. */
const WATCH_MS = 1000;
const SHARE = 10;

/**
 * Computes items of a queue, with any number of workers on any machines, until the harvest is complete. The engine's client
 * lives in this process and the model in children, so that leases are renewed however long a computation takes. A queue
 * that lost its items is given the pending ones again.
 *
 * @throws UsageError `HARVEST_OPTION`, `HARVEST_STORE_NOT_EXCLUSIVE`, `HARVEST_STORE_NOT_SHARED`, `QUEUE_UNREACHABLE`; what keeps the recipe
 * from being opened.
 * @example no-run
 * await using worker = await work(plan, engine, { processes: 1 });
 * await worker.finished;
 */
export async function work(
  plan: HarvestPlan,
  engine: QueueEngine,
  options: WorkOptions = {},
): Promise<HarvestWorker> {
  checkPlan("work", plan, parsePlan);
  checkKnown("work", options, KNOWN);
  checkEngine("work", engine);
  checkRunOptions("work", options);
  checkWhole("work", "lease", options.lease, 100);
  checkWhole("work", "attempts", options.attempts, 1, 1000);
  await probeStore(plan.store);
  const runner = await openRunner(plan, options);
  let queue: WorkQueue | undefined;
  try {
    await runner.open();
    queue = await openQueue(
      "work",
      engine,
      plan.id,
      options.attempts === undefined ? {} : { attempts: options.attempts },
    );
    return new Working(plan, queue, runner, options);
  } catch (error) {
    await queue?.[Symbol.asyncDispose]();
    await runner[Symbol.asyncDispose]();
    throw error instanceof SetupError ? error.reason : error;
  }
}

class Working implements HarvestWorker {
  readonly finished: Promise<HarvestStatus>;
  readonly #plan: HarvestPlan;
  readonly #queue: WorkQueue;
  readonly #runner: ItemRunner;
  readonly #options: WorkOptions;
  /** Ends the watching. */
  #end: (reason: Error) => void = () => undefined;
  readonly #ended: Promise<Error>;
  #isEnded = false;
  #active = 0;
  #closed: Promise<void> | undefined;

  constructor(plan: HarvestPlan, queue: WorkQueue, runner: ItemRunner, options: WorkOptions) {
    this.#plan = plan;
    this.#queue = queue;
    this.#runner = runner;
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#isEnded = true;
        resolve(reason);
      };
    });
    this.finished = this.#run();
    this.finished.catch(() => undefined); // whoever waits for it is told
  }

  async #run(): Promise<HarvestStatus> {
    const { signal, onProgress, lease = 30_000 } = this.#options;
    const stop = (): void => this.#end(harvestStopped());
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
    const reports = startReports(this.#plan, () => this.#active, onProgress);
    const lanes = this.#queue.work((item) => this.#item(item), { concurrency: this.#runner.size, lease });
    try {
      const reason = await Promise.race([this.#watch(), this.#ended]);
      if (reason !== undefined) throw reason;
    } finally {
      this.#isEnded = true;
      signal?.removeEventListener("abort", stop);
      // Children first: an item under way would be waited for.
      await this.#runner[Symbol.asyncDispose]();
      await lanes[Symbol.asyncDispose]();
      await this.#queue[Symbol.asyncDispose]();
      await reports[Symbol.asyncDispose]();
    }
    return harvestStatus(this.#plan);
  }

  async #item(item: number): Promise<void> {
    const { items } = this.#plan.file;
    if (!Number.isSafeInteger(item) || item < 0 || item >= items)
      throw queueJob(`names item ${item} of ${items}`);
    this.#active++;
    try {
      await this.#runner.run(item);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      this.#end(error.reason);
      throw error.reason;
    } finally {
      this.#active--;
    }
  }

  /** Resolves when the harvest is complete, or with what ended the worker. What the queue says is wrong for a while when its server is gone. */
  async #watch(): Promise<Error | undefined> {
    let idle = 0;
    while (!this.#isEnded) {
      const start = performance.now();
      const { committed, dead } = await itemStates(this.#plan);
      if (committed.size + dead.size === this.#plan.file.items) return undefined;
      idle = (await this.#look().catch(() => false)) ? idle + 1 : 0;
      if (idle >= 2) await this.#queue.enqueue(await pendingItems(this.#plan)).catch(() => undefined);
      const pause = Math.max(WATCH_MS, (performance.now() - start) * SHARE);
      await Promise.race([new Promise<void>((resolve) => after(pause, resolve)), this.#ended]);
    }
    return this.#ended;
  }

  /** Writes what the queue gave up into the store; tells whether the queue has nothing to do. */
  async #look(): Promise<boolean> {
    const { waiting, active, dead } = await this.#queue.counts();
    if (dead > 0) {
      const noted = await itemStates(this.#plan);
      for (const { item, reason, stack = "", attempts = 1 } of await this.#queue.dead()) {
        const isDone = noted.committed.has(item) || noted.dead.has(item);
        if (!isDone && item < this.#plan.file.items)
          await noteDead(this.#plan, item, Math.max(1, attempts), reason, stack);
      }
    }
    return waiting + active === 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#end(harvestStopped());
    this.#closed ??= this.finished.then(
      () => undefined,
      () => undefined,
    );
    return this.#closed;
  }
}
