import { itemFile } from "../checks/item-file.ts";
import { harvestFileInvalid } from "../checks/errors.ts";
import { type Fields, parseFields } from "../checks/fields.ts";
import type { FeatureCounts } from "../plan/layout.ts";
import { shardLayout } from "../plan/layout.ts";
import { type HarvestPlan, rowsOf } from "../plan/plan.ts";
import { findBytes } from "../store/bytes.ts";

/** Who computed an item. */
export interface CommittedBy {
  readonly host: string;
  readonly pid: number;
  readonly backend: string;
  readonly device: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** `commits/000123.json`: an item is done when this exists, and only the first who creates it counts. */
export interface CommitRecord {
  readonly format: "hookdict-harvest-commit";
  readonly version: 1;
  readonly item: number;
  /** Rows `[from, to)` of the data set. */
  readonly rows: readonly [number, number];
  /** SHA-256 of the shard, which names its file. */
  readonly shard: string;
  readonly bytes: number;
  /** Features that were kept, by name. */
  readonly counts: FeatureCounts;
  /** Drawn by its writer, who knows by it that a try whose answer was lost had won. */
  readonly nonce: string;
  readonly by: CommittedBy;
  readonly seconds: number;
}

/** `dead/000123.json`: why an item was given up. A record outweighs it. */
export interface DeadNote {
  readonly format: "hookdict-harvest-dead";
  readonly version: 1;
  readonly item: number;
  readonly attempts: number;
  readonly reason: string;
  readonly stack: string;
}

/** Path of an item's record. */
export function commitFile(item: number): string {
  return `commits/${itemFile(item)}`;
}

/** Path of an item's note. */
export function deadFile(item: number): string {
  return `dead/${itemFile(item)}`;
}

/** Path of a shard. The hash was checked to be one when the record was read. */
export function shardFile(hash: string): string {
  return `shards/${hash}.safetensors`;
}

/** A record of bytes from elsewhere, checked against the plan. @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*`. */
export function parseCommit(file: string, bytes: Uint8Array, plan: HarvestPlan, item: number): CommitRecord {
  return commitOf(parseFields(file, bytes), plan, item);
}

/** A record of a manifest or a file. */
export function commitOf(fields: Fields, { id, file: plan }: HarvestPlan, item: number): CommitRecord {
  fields.word("format", ["hookdict-harvest-commit"]);
  fields.whole("version", 1, 1);
  fields.whole("item", item, item);
  const [from, to] = rowsOf(plan, item);
  if (String(fields.list("rows", 2)) !== String([from, to])) throw fields.wrong("rows", `[${from},${to}]`);
  const by = fields.record("by");
  const record: CommitRecord = {
    format: "hookdict-harvest-commit",
    version: 1,
    item,
    rows: [from, to],
    shard: fields.sha256("shard"),
    bytes: fields.whole("bytes"),
    counts: fields.wholes("counts"),
    nonce: fields.text("nonce", /^[0-9a-z-]{1,80}$/),
    by: {
      host: by.text("host"),
      pid: by.whole("pid"),
      backend: by.text("backend"),
      device: by.text("device"),
      versions: by.texts("versions"),
    },
    seconds: fields.number("seconds"),
  };
  const { bytes } = shardLayout(id, plan, item, to - from, record.counts);
  if (record.bytes !== bytes)
    throw harvestFileInvalid(
      fields.file,
      `"bytes" is ${record.bytes}, and by the plan the shard has ${bytes}`,
    );
  return record;
}

/** The record of an item; `undefined` where there is none. @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*`. */
export async function findCommit(plan: HarvestPlan, item: number): Promise<CommitRecord | undefined> {
  const file = commitFile(item);
  const bytes = await findBytes(plan.store, file);
  return bytes && parseCommit(`${plan.store.name}/${file}`, bytes, plan, item);
}

/** The note of an item; `undefined` where there is none. @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*`. */
export async function findDead(plan: HarvestPlan, item: number): Promise<DeadNote | undefined> {
  const file = deadFile(item);
  const bytes = await findBytes(plan.store, file);
  return bytes && deadOf(parseFields(`${plan.store.name}/${file}`, bytes), item);
}

/** A note of a manifest or a file. */
export function deadOf(fields: Fields, item: number): DeadNote {
  fields.word("format", ["hookdict-harvest-dead"]);
  return {
    format: "hookdict-harvest-dead",
    version: fields.whole("version", 1, 1) as 1, // just checked
    item: fields.whole("item", item, item),
    attempts: fields.whole("attempts", 1),
    reason: fields.text("reason", undefined, 100_000),
    stack: fields.text("stack", undefined, 100_000),
  };
}
