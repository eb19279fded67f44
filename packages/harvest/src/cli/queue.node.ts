import type { HarvestPlan } from "../plan/plan.ts";
import type { QueueEngine, WorkQueue } from "../queue/queue.ts";
import type { CommandInput } from "./command.node.ts";
import { queueAddress } from "./errors.node.ts";
import { textOption } from "./values.node.ts";

/** The engine at an address. @throws UsageError `QUEUE_ADDRESS`, `QUEUE_PEER`. */
export async function openEngine(address: string): Promise<QueueEngine> {
  if (!/^(rediss?|postgres(ql)?):\/\//.test(address)) throw queueAddress(address);
  const { bullmqQueue } = await import("../bullmq/index.node.ts"); // its peers are there only where a queue is used
  return bullmqQueue({ connection: address });
}

/** What `use` gives of the harvest's queue; `undefined` where no queue was named. */
export async function withQueue<T>(
  plan: HarvestPlan,
  input: CommandInput,
  use: (queue: WorkQueue) => Promise<T>,
): Promise<T | undefined> {
  const address = textOption(input, "queue");
  if (address === undefined) return undefined;
  await using engine = await openEngine(address);
  await using queue = await engine.open(plan.id);
  return await use(queue);
}
