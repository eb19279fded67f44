import type { Job, Queue } from "bullmq";
import { queueJob } from "../queue/errors.ts";
import type { QueueWorkOptions, WorkQueue } from "../queue/queue.ts";
import type { StopSignal } from "../run/runner.ts";
import type { BullmqParts } from "./connect.node.ts";

/** What a job is: it carries no code and no address. */
interface ItemJob {
  readonly harvest: string;
  readonly item: number;
}

/** Jobs that are added, and told, at a time. */
const AT_ONCE = 1000;

/** A queue of BullMQ as a {@link WorkQueue}. */
export function bullmqWorkQueue(parts: BullmqParts, harvest: string, attempts: number): WorkQueue {
  const queue: Queue<ItemJob> = parts.queue(harvest);
  const job = (item: number) => ({
    name: "item",
    data: { harvest, item },
    // BullMQ takes no number for an id. A job that is there already stays, so adding it again is nothing.
    opts: {
      jobId: `item-${item}`,
      attempts,
      removeOnComplete: true,
      backoff: { type: "exponential", delay: 100 },
    },
  });
  return {
    async enqueue(items) {
      const all = [...items];
      for (let at = 0; at < all.length; at += AT_ONCE)
        await queue.addBulk(all.slice(at, at + AT_ONCE).map(job));
    },
    async counts() {
      const {
        waiting = 0,
        delayed = 0,
        prioritized = 0,
        active = 0,
        failed = 0,
      } = await queue.getJobCounts();
      return { waiting: waiting + delayed + prioritized, active, dead: failed };
    },
    work: (run, options) => startWorker(parts, harvest, attempts, run, options),
    async dead() {
      const jobs = (await queue.getFailed()) as Job<ItemJob>[];
      // What others put into this queue has failed, too; it is no item.
      return jobs.flatMap(({ data, failedReason, stacktrace, attemptsMade }) => {
        const item = itemIn(data, harvest);
        if (typeof item === "string") return [];
        return [
          { item, reason: failedReason ?? "", stack: stacktrace?.at(-1) ?? "", attempts: attemptsMade },
        ];
      });
    },
    retryDead: () => queue.retryJobs({ state: "failed" }),
    [Symbol.asyncDispose]: () => queue.close(),
  };
}

function startWorker(
  parts: BullmqParts,
  harvest: string,
  attempts: number,
  run: (item: number, signal: StopSignal) => Promise<void>,
  { concurrency, lease }: QueueWorkOptions,
): AsyncDisposable {
  const calm = new AbortController().signal; // BullMQ takes no item back from a worker that lives
  const worker = parts.worker<ItemJob>(harvest, ({ data }) => run(itemOf(data, harvest), calm), {
    concurrency,
    lockDuration: lease,
    stalledInterval: Math.ceil(lease / 2),
    maxStalledCount: attempts, // its default of 1 gives up items whose workers were killed twice
    drainDelay: 1,
  });
  return { [Symbol.asyncDispose]: () => worker.close() };
}

/** The item of a job from elsewhere. @throws FormatError `QUEUE_JOB`. */
function itemOf(data: unknown, harvest: string): number {
  const item = itemIn(data, harvest);
  if (typeof item === "string") throw queueJob(item);
  return item;
}

/** The item of a job from elsewhere, or what is wrong with the job. */
function itemIn(data: unknown, harvest: string): number | string {
  const { harvest: theirs, item } = (data ?? {}) as Partial<Record<string, unknown>>; // each is checked
  if (theirs !== harvest) return "is of another harvest";
  return Number.isSafeInteger(item) && (item as number) >= 0 ? (item as number) : "names no item";
}
