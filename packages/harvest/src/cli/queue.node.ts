import type { HarvestPlan } from "../plan/plan.ts";
import { ENGINES } from "../queue/engines.node.ts";
import type { QueueEngine, WorkQueue } from "../queue/queue.ts";
import type { CommandInput } from "./command.node.ts";
import { queueAddress } from "./errors.node.ts";
import { textOption } from "./values.node.ts";

/** The engine at an address. Nothing is connected yet. @throws UsageError `QUEUE_ADDRESS`. */
export function openEngine(address: string): QueueEngine {
  const kind = ENGINES.find(({ schemes }) => schemes.some((scheme) => address.startsWith(`${scheme}://`)));
  if (kind !== undefined) return kind.open(address);
  throw queueAddress(
    address,
    ENGINES.flatMap(({ examples }) => examples),
  );
}

/** What `use` gives of the harvest's queue; `undefined` where no queue was named. */
export async function withQueue<T>(
  plan: HarvestPlan,
  input: CommandInput,
  use: (queue: WorkQueue) => Promise<T>,
): Promise<T | undefined> {
  const address = textOption(input, "queue");
  if (address === undefined) return undefined;
  await using engine = openEngine(address);
  await using queue = await engine.open(plan.id);
  return await use(queue);
}
