import { checkPlan } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { isHookdictError } from "@hookdict/tensordict";
import { sha256Of } from "#platform";
import { checkKind, checkKnown } from "../checks/options.ts";
import { itemOf } from "../checks/item-file.ts";
import { commitFile, type CommitRecord, findCommit, shardFile } from "../item/record.ts";
import { shardLayout } from "../plan/layout.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import { manifestOld } from "./errors.ts";
import { findManifest } from "./manifest.ts";
import { itemStates } from "./status.ts";

/** What {@link verifyHarvest} found wrong. */
export interface HarvestFault {
  /** The item, where it is one's. */
  readonly item: number | undefined;
  readonly file: string;
  readonly problem: string;
}

/** Options of {@link verifyHarvest}. */
export interface VerifyOptions {
  /** Compare sizes and headers alone, and hash nothing. Default `false`. */
  readonly quick?: boolean;
  /** Called after each item. */
  readonly onItem?: (item: number) => void;
}

/**
 * Compares every committed shard with its record: size, header, and all bytes by their hash; and the manifest, where there
 * is one, with the records. Gives what is wrong; nothing is changed.
 *
 * @example no-run
 * const faults = await verifyHarvest(plan);
 */
export async function verifyHarvest(plan: HarvestPlan, options: VerifyOptions = {}): Promise<HarvestFault[]> {
  checkPlan("verifyHarvest", plan, parsePlan);
  checkKnown("verifyHarvest", options, ["quick", "onItem"]);
  checkKind("verifyHarvest", "quick", options.quick, "true or false");
  checkKind("verifyHarvest", "onItem", options.onItem, "a function");
  const faults: HarvestFault[] = [];
  const { committed } = await itemStates(plan);
  const records = new Map<number, CommitRecord>();
  for (const item of [...committed].sort((a, b) => a - b)) {
    const record = await attempt(faults, item, commitFile(item), () => findCommit(plan, item));
    if (record !== undefined) {
      records.set(item, record);
      const file = shardFile(record.shard);
      const problem = await attempt(faults, item, file, () =>
        shardProblem(plan, record, options.quick === true),
      );
      if (problem !== undefined) faults.push({ item, file, problem });
    }
    options.onItem?.(item);
  }
  await attempt(faults, undefined, "manifest.json", () => compareManifest(plan, records));
  for (const name of await plan.store.names("commits")) {
    const item = itemOf(name);
    if (item === undefined || item >= plan.file.items)
      faults.push({ item: undefined, file: `commits/${name}`, problem: "is no record of an item" });
  }
  return faults;
}

async function attempt<T>(
  faults: HarvestFault[],
  item: number | undefined,
  file: string,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isHookdictError(error)) throw error;
    faults.push({ item, file, problem: error.message });
    return undefined;
  }
}

async function shardProblem(
  plan: HarvestPlan,
  record: CommitRecord,
  isQuick: boolean,
): Promise<string | undefined> {
  const source = await plan.store.find(shardFile(record.shard));
  if (source === undefined) return "is missing";
  try {
    if (source.size !== record.bytes) return `has ${source.size} bytes, not ${record.bytes}`;
    const [from, to] = record.rows;
    const { header } = shardLayout(plan.id, plan.file, record.item, to - from, record.counts);
    const got = new Uint8Array(header.byteLength);
    await source.readInto(got, 0);
    if (got.some((byte, i) => byte !== header[i])) return "has another header than the plan gives";
    if (isQuick) return undefined;
    const hash = await sha256Of(source);
    return hash === record.shard ? undefined : `has the hash ${hash}`;
  } finally {
    await source.close();
  }
}

async function compareManifest(plan: HarvestPlan, records: ReadonlyMap<number, CommitRecord>): Promise<void> {
  const manifest = await findManifest(plan);
  if (manifest === undefined) return;
  const listed = manifest.records.every(({ item, nonce }) => records.get(item)?.nonce === nonce);
  if (!listed || manifest.records.length !== records.size) throw manifestOld(plan.store.name);
}
