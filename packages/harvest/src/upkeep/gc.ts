import { checkPlan } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { checkKnown } from "../checks/options.ts";
import { harvestOption } from "../checks/errors.ts";
import { findCommit } from "../item/record.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import { itemStates } from "./status.ts";

/** Options of {@link collectGarbage}. */
export interface GarbageOptions {
  /** Hours that a file must be old: it may be a shard whose record is on its way. Default 24. */
  readonly hours?: number;
}

/** What was removed. */
export interface Garbage {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Removes shards that no record names, such as those of workers that were second, and what killed writers left. A record
 * that cannot be read ends it before anything is removed.
 *
 * @throws FormatError `HARVEST_FILE_INVALID`
 * @example no-run
 * const { files } = await collectGarbage(plan);
 */
export async function collectGarbage(plan: HarvestPlan, options: GarbageOptions = {}): Promise<Garbage> {
  checkPlan("collectGarbage", plan, parsePlan);
  checkKnown("collectGarbage", options, ["hours"]);
  const { hours = 24 } = options;
  if (!(typeof hours === "number" && hours >= 0))
    throw harvestOption("collectGarbage", "hours", hours, "a number of at least 0");
  const ageMs = hours * 3_600_000;
  const { store } = plan;
  // Listed before the records are read: a shard that is committed meanwhile is in neither, or in both.
  const shards = await store.names("shards");
  const used = new Set<string>();
  for (const item of (await itemStates(plan)).committed) {
    const record = await findCommit(plan, item);
    if (record !== undefined) used.add(`${record.shard}.safetensors`);
  }
  let [files, bytes] = [0, 0];
  for (const name of shards) {
    const found = used.has(name) ? undefined : await store.describe(`shards/${name}`);
    if (found === undefined || Date.now() - found.modifiedMs < ageMs) continue;
    await store.remove(`shards/${name}`);
    files++;
    bytes += found.bytes;
  }
  for (const folder of ["", "shards", "commits", "dead"]) files += (await store.sweep?.(folder, ageMs)) ?? 0;
  return { files, bytes };
}
