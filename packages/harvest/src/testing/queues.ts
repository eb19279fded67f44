import type { QueueEngine } from "../queue/queue.ts";
import { harvestOption } from "../checks/errors.ts";
import { checkEngine, openQueue } from "../checks/given.ts";
import { after } from "../run/timer.ts";
import { must } from "./stores.ts";

/** Longest that the queue may take for anything. */
const PATIENCE_MS = 20_000;

/**
 * Checks that an engine of queues, in which the harvest has no items, does what `enqueue` and `work` need: items are handed
 * out, again after a failure, dead after all attempts with their reason, and back by `retryDead`; adding an item twice adds
 * it once.
 *
 * @throws CheckError `HARVEST_CONFORMANCE` that says what it does not do.
 * @example
 * await using engine = memoryQueue();
 * await queueConformance(engine, "0".repeat(64));
 */
export async function queueConformance(engine: QueueEngine, harvest: string): Promise<void> {
  checkEngine("queueConformance", engine);
  if (typeof harvest !== "string") throw harvestOption("queueConformance", "harvest", harvest, "a plan's id");
  await using queue = await openQueue("queueConformance", engine, harvest, { attempts: 2 });
  await queue.enqueue([3, 1, 2]);
  await queue.enqueue([1, 2, 3]);
  must((await queue.counts()).waiting === 3, "an item that is added twice is there twice");
  const runs = new Map<number, number>();
  let isMended = false;
  const run = async (item: number): Promise<void> => {
    runs.set(item, (runs.get(item) ?? 0) + 1);
    if (item === 2 && !isMended) throw new Error("two is broken");
  };
  {
    await using _worker = queue.work(run, { concurrency: 2, lease: 5000 });
    await until(
      async () => (await queue.counts()).dead === 1,
      "an item that fails always is not dead after all attempts",
    );
    await until(async () => (await queue.counts()).waiting === 0, "items are left that can be done");
  }
  must(runs.get(1) === 1 && runs.get(3) === 1, "an item that was done is handed out again");
  must(runs.get(2) === 2, "an item that fails is not tried as often as attempts say");
  const [dead] = await queue.dead();
  must(dead?.item === 2 && dead.reason.includes("two is broken"), "a dead item is without its reason");
  await queue.enqueue([2]);
  must((await queue.counts()).dead === 1, "adding a dead item brings it back");
  isMended = true;
  await queue.retryDead();
  {
    await using _worker = queue.work(run, { concurrency: 1, lease: 5000 });
    await until(async () => {
      const { waiting, active, dead: left } = await queue.counts();
      return waiting + active + left === 0;
    }, "a dead item is not tried again by retryDead");
  }
  must(runs.get(2) === 3, "a dead item is tried again more than once");
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    must(Date.now() < end, otherwise);
    await new Promise<void>((resolve) => after(20, resolve));
  }
}
