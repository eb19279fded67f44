import { checkPlan, checkQueue } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { deadFile } from "../item/record.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import type { WorkQueue } from "../queue/queue.ts";
import { itemStates } from "./status.ts";

/**
 * Has items tried again that were given up: their notes are removed, and a queue, where one is given, takes them back.
 * Gives how many.
 *
 * @example no-run
 * await retryDead(plan);
 * await harvest(plan);
 */
export async function retryDead(plan: HarvestPlan, queue?: WorkQueue): Promise<number> {
  checkPlan("retryDead", plan, parsePlan);
  if (queue !== undefined) checkQueue("retryDead", queue);
  const { dead } = await itemStates(plan);
  for (const item of dead) await plan.store.remove(deadFile(item));
  await queue?.retryDead();
  return dead.size;
}
