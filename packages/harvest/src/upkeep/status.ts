import { checkPlan } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { itemOf } from "../checks/item-file.ts";
import { shardLayout } from "../plan/layout.ts";
import { type HarvestPlan, rowsOf } from "../plan/plan.ts";
import type { QueueCounts } from "../queue/queue.ts";
import { findCommit } from "../item/record.ts";

/** How far a harvest is, from its store: the same for all machines. */
export interface HarvestStatus {
  readonly items: number;
  readonly committed: number;
  /** Items that were given up. */
  readonly dead: number;
  readonly pending: number;
  /** Of committed shards. */
  readonly bytes: number;
  /** Of committed items. */
  readonly tokens: number;
  /** What a queue has, where one was asked. */
  readonly engine?: QueueCounts;
}

/** Which items are done, and which were given up. */
export interface ItemStates {
  readonly committed: ReadonlySet<number>;
  /** Without those that have a record, too. */
  readonly dead: ReadonlySet<number>;
}

/** The items' states, by the names of records and notes. */
export async function itemStates({ store, file }: HarvestPlan): Promise<ItemStates> {
  const items = (names: readonly string[]): number[] =>
    names.flatMap((name) => {
      const item = itemOf(name);
      return item === undefined || item >= file.items ? [] : [item];
    });
  const committed = new Set(items(await store.names("commits")));
  return {
    committed,
    dead: new Set(items(await store.names("dead")).filter((item) => !committed.has(item))),
  };
}

/** Items that have neither a record nor a note, in order. */
export async function pendingItems(plan: HarvestPlan): Promise<number[]> {
  const { committed, dead } = await itemStates(plan);
  return Array.from({ length: plan.file.items }, (_, item) => item).filter(
    (item) => !committed.has(item) && !dead.has(item),
  );
}

/**
 * How far a harvest is. Where features are stored sparsely, every record is read for its bytes.
 *
 * @example no-run
 * const { committed, items } = await harvestStatus(plan);
 */
export async function harvestStatus(plan: HarvestPlan): Promise<HarvestStatus> {
  checkPlan("harvestStatus", plan, parsePlan);
  const states = await itemStates(plan);
  return statusOf(plan, states, await committedBytes(plan, states.committed));
}

/** The status, with bytes that are known already. */
export function statusOf(plan: HarvestPlan, { committed, dead }: ItemStates, bytes: number): HarvestStatus {
  const { items, data } = plan.file;
  let rows = 0;
  for (const item of committed) {
    const [from, to] = rowsOf(plan.file, item);
    rows += to - from;
  }
  return {
    items,
    committed: committed.size,
    dead: dead.size,
    pending: items - committed.size - dead.size,
    bytes,
    tokens: rows * data.context,
  };
}

/** Records that are read at the same time. */
const AT_ONCE = 16;

async function committedBytes(plan: HarvestPlan, committed: ReadonlySet<number>): Promise<number> {
  if (plan.file.features.length === 0) {
    const sizes = new Map<number, number>(); // by rows: all but the last item have the same
    return [...committed].reduce((sum, item) => {
      const [from, to] = rowsOf(plan.file, item);
      const size = sizes.get(to - from) ?? denseBytes(plan, item, to - from);
      sizes.set(to - from, size);
      return sum + size;
    }, 0);
  }
  const items = [...committed];
  let bytes = 0;
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const records = await Promise.all(items.slice(at, at + AT_ONCE).map((item) => findCommit(plan, item)));
    bytes += records.reduce((sum, record) => sum + (record?.bytes ?? 0), 0);
  }
  return bytes;
}

/** Items differ by the digits of their numbers in the header, which is filled up to a multiple of eight. */
function denseBytes({ id, file }: HarvestPlan, item: number, rows: number): number {
  return shardLayout(id, file, item, rows, {}).bytes;
}
