import { isHookdictError } from "@hookdict/tensordict";
import type { HarvestPlan } from "../plan/plan.ts";
import type { QueueEngine, WorkQueue } from "../queue/queue.ts";
import type { HarvestStore } from "../store/store.ts";
import { canonicalJson } from "./canonical.ts";
import { harvestOption } from "./errors.ts";

// What plain JavaScript may give in the place of a plan, a store, an engine or a queue.

const STORE = ["find", "write", "createNew", "names", "folders", "describe", "remove", "at"] as const;

/** Whether something has the methods of a store, and its name. */
export function isStore(value: unknown): value is HarvestStore {
  return hasMethods(value, STORE) && typeof Reflect.get(value as object, "name") === "string"; // just looked at
}

/**
 * A plan, which may have been put together by hand: it can be read as one that was written.
 *
 * @param parse Reads a plan's bytes.
 * @throws UsageError `HARVEST_OPTION`; FormatError `HARVEST_FILE_INVALID`
 */
export function checkPlan(
  owner: string,
  plan: unknown,
  parse: (file: string, bytes: Uint8Array) => unknown,
): asserts plan is HarvestPlan {
  const { id, file, store, recipe, data } = Object(plan) as Readonly<Record<string, unknown>>;
  const isPlan =
    typeof id === "string" &&
    typeof recipe === "string" &&
    typeof data === "string" &&
    typeof file === "object" &&
    file !== null &&
    isStore(store);
  if (!isPlan) throw harvestOption(owner, "plan", plan, "what planHarvest or openPlan gives");
  try {
    parse(`${store.name}/plan.json`, canonicalJson(file));
  } catch (error) {
    if (isHookdictError(error)) throw error;
    throw harvestOption(owner, "plan", plan, "what planHarvest or openPlan gives");
  }
}

/** @throws UsageError `HARVEST_OPTION` */
export function checkEngine(owner: string, engine: unknown): asserts engine is QueueEngine {
  if (!hasMethods(engine, ["open"]))
    throw harvestOption(owner, "engine", engine, "an engine of queues, such as memoryQueue()");
}

/** The queue of a harvest, which an engine of one's own may not give. @throws UsageError `HARVEST_OPTION` */
export async function openQueue(
  owner: string,
  engine: QueueEngine,
  harvest: string,
  options: { readonly attempts?: number },
): Promise<WorkQueue> {
  const queue: unknown = await engine.open(harvest, options);
  checkQueue(owner, queue);
  return queue;
}

/** @throws UsageError `HARVEST_OPTION` */
export function checkQueue(owner: string, queue: unknown): asserts queue is WorkQueue {
  if (!hasMethods(queue, ["enqueue", "counts", "work", "dead", "retryDead"]))
    throw harvestOption(owner, "queue", queue, "what an engine's open gives");
}

/** @throws UsageError `HARVEST_OPTION` */
export function checkStore(owner: string, store: unknown): asserts store is HarvestStore {
  if (!isStore(store)) throw harvestOption(owner, "store", store, "a store, such as memoryStore gives");
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === "function")
  );
}
