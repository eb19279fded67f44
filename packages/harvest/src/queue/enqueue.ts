import { checkEngine, checkPlan, openQueue } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { checkKnown, checkWhole } from "../checks/options.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import { pendingItems } from "../upkeep/status.ts";
import type { QueueEngine } from "./queue.ts";

/** Options of {@link enqueue}. */
export interface EnqueueOptions {
  /** Times that the queue has an item tried before it is dead. Default 5. */
  readonly attempts?: number;
}

/**
 * Puts what is pending into a queue: what the store has no record and no note of. Again is harmless, also after the queue
 * lost all it had. Gives how many items are pending.
 *
 * @example no-run
 * await using engine = bullmqQueue({ connection: "redis://127.0.0.1:6379" });
 * await enqueue(plan, engine);
 */
export async function enqueue(
  plan: HarvestPlan,
  engine: QueueEngine,
  options: EnqueueOptions = {},
): Promise<number> {
  checkPlan("enqueue", plan, parsePlan);
  checkKnown("enqueue", options, ["attempts"]);
  checkEngine("enqueue", engine);
  checkWhole("enqueue", "attempts", options.attempts, 1, 1000);
  await using queue = await openQueue("enqueue", engine, plan.id, options);
  const pending = await pendingItems(plan);
  await queue.enqueue(pending);
  return pending.length;
}
