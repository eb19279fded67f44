import { checkPlan } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { canonicalJson } from "../checks/canonical.ts";
import { harvestFileInvalid } from "../checks/errors.ts";
import { parseFields } from "../checks/fields.ts";
import { type CommitRecord, commitOf, type DeadNote, deadOf, findCommit, findDead } from "../item/record.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import { findBytes } from "../store/bytes.ts";
import { harvestIncomplete } from "./errors.ts";
import { itemStates } from "./status.ts";

/** `manifest.json`: a complete harvest in one file, the only one that a reader has to fetch besides the plan. */
export interface Manifest {
  readonly format: "hookdict-harvest-manifest";
  readonly version: 1;
  /** SHA-256 of `plan.json`. */
  readonly harvest: string;
  readonly rows: number;
  readonly bytes: number;
  /** In the order of items. */
  readonly records: readonly CommitRecord[];
  readonly dead: readonly DeadNote[];
}

/** Records that are read at the same time. */
const AT_ONCE = 16;

/**
 * Writes the manifest of a complete harvest. Sealed again after a retry, it is replaced.
 *
 * @throws UsageError `HARVEST_INCOMPLETE`; FormatError for a record that is none.
 * @example no-run
 * await sealHarvest(plan);
 */
export async function sealHarvest(plan: HarvestPlan): Promise<Manifest> {
  checkPlan("sealHarvest", plan, parsePlan);
  const { committed, dead } = await itemStates(plan);
  const pending = plan.file.items - committed.size - dead.size;
  if (pending > 0) throw harvestIncomplete(plan.store.name, pending, plan.file.items);
  const records = await readAll([...committed].sort(byNumber), (item) => findCommit(plan, item));
  const notes = await readAll([...dead].sort(byNumber), (item) => findDead(plan, item));
  const manifest: Manifest = {
    format: "hookdict-harvest-manifest",
    version: 1,
    harvest: plan.id,
    rows: records.reduce((sum, { rows: [from, to] }) => sum + to - from, 0),
    bytes: records.reduce((sum, { bytes }) => sum + bytes, 0),
    records,
    dead: notes,
  };
  await plan.store.write("manifest.json", [canonicalJson(manifest)]);
  return manifest;
}

/** The manifest of a sealed harvest; `undefined` where there is none. @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*`. */
export async function findManifest(plan: HarvestPlan): Promise<Manifest | undefined> {
  const bytes = await findBytes(plan.store, "manifest.json");
  return bytes && parseManifest(`${plan.store.name}/manifest.json`, bytes, plan);
}

/** A manifest of bytes from elsewhere, checked against the plan. */
export function parseManifest(file: string, bytes: Uint8Array, plan: HarvestPlan): Manifest {
  const fields = parseFields(file, bytes);
  fields.word("format", ["hookdict-harvest-manifest"]);
  fields.whole("version", 1, 1);
  if (fields.sha256("harvest") !== plan.id)
    throw harvestFileInvalid(file, "is the manifest of another harvest");
  const items = new Set<number>();
  const once = (item: number): number => {
    if (items.has(item)) throw harvestFileInvalid(file, `has item ${item} twice`);
    items.add(item);
    return item;
  };
  const most = plan.file.items;
  const itemIn = (each: { whole(key: string, least: number, most: number): number }): number =>
    once(each.whole("item", 0, most - 1));
  const records = fields.records("records", most).map((each) => commitOf(each, plan, itemIn(each)));
  const dead = fields.records("dead", most).map((each) => deadOf(each, itemIn(each)));
  if (items.size !== most) throw harvestFileInvalid(file, `lists ${items.size} of ${most} items`);
  return {
    format: "hookdict-harvest-manifest",
    version: 1,
    harvest: plan.id,
    rows: fields.whole("rows"),
    bytes: fields.whole("bytes"),
    records,
    dead,
  };
}

async function readAll<T>(
  items: readonly number[],
  read: (item: number) => Promise<T | undefined>,
): Promise<T[]> {
  const all: T[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const some = await Promise.all(items.slice(at, at + AT_ONCE).map(read));
    all.push(...some.filter((each) => each !== undefined));
  }
  return all;
}

function byNumber(a: number, b: number): number {
  return a - b;
}
