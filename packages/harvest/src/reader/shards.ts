import type { ByteSource } from "@hookdict/tensordict/io";
import { isHookdictError } from "@hookdict/tensordict";
import { harvestFileInvalid } from "../checks/errors.ts";
import { type CommitRecord, findCommit, shardFile } from "../item/record.ts";
import { type ShardLayout, shardLayout } from "../plan/layout.ts";
import { type HarvestPlan, rowsOf } from "../plan/plan.ts";
import type { Manifest } from "../upkeep/manifest.ts";
import { itemStates } from "../upkeep/status.ts";
import { readerClosed, rowsMissing } from "./errors.ts";

/** Shards that are open at the same time. */
const MOST_OPEN = 64;

/** A shard that is open. */
export interface OpenShard {
  readonly source: ByteSource;
  readonly layout: ShardLayout;
}

/** The shards of a harvest, each opened when it is first read. */
export class Shards {
  readonly #plan: HarvestPlan;
  readonly #records = new Map<number, Promise<CommitRecord | undefined>>();
  readonly #isSealed: boolean;
  /** By item, the one that was used last at the end. */
  readonly #open = new Map<number, Promise<OpenShard>>();
  #isClosed = false;

  constructor(plan: HarvestPlan, manifest: Manifest | undefined) {
    this.#plan = plan;
    this.#isSealed = manifest !== undefined;
    for (const record of manifest?.records ?? []) this.#records.set(record.item, Promise.resolve(record));
  }

  /** The record of an item; `undefined` where it is not committed. What is not there yet is looked up again. */
  async record(item: number): Promise<CommitRecord | undefined> {
    const known = this.#records.get(item);
    if (known !== undefined || this.#isSealed) return known;
    const found = findCommit(this.#plan, item);
    this.#records.set(item, found);
    try {
      const record = await found;
      if (record === undefined) this.#records.delete(item);
      return record;
    } catch (error) {
      this.#records.delete(item);
      throw error;
    }
  }

  /** Items that are committed, in order. */
  async committed(): Promise<number[]> {
    if (this.#isSealed) return [...this.#records.keys()].sort((a, b) => a - b);
    try {
      return [...(await itemStates(this.#plan)).committed].sort((a, b) => a - b);
    } catch (error) {
      if (!isHookdictError(error) || error.code !== "HARVEST_READ_ONLY") throw error;
    }
    const items = Array.from({ length: this.#plan.file.items }, (_, item) => item);
    const records = await Promise.all(items.map((item) => this.record(item))); // a server lists nothing: each is asked for
    return items.filter((item) => records[item] !== undefined);
  }

  /** @throws UsageError `HARVEST_ROWS_MISSING`; LifetimeError `HARVEST_READER_CLOSED`. */
  open(item: number): Promise<OpenShard> {
    if (this.#isClosed) throw readerClosed(this.#plan.store.name);
    const there = this.#open.get(item);
    const open = there ?? this.#openShard(item);
    this.#open.delete(item);
    this.#open.set(item, open);
    if (there === undefined) open.catch(() => this.#open.delete(item)); // another try may find it
    if (this.#open.size > MOST_OPEN) void this.#closeOldest();
    return open;
  }

  async #openShard(item: number): Promise<OpenShard> {
    const { id, file, store } = this.#plan;
    const record = await this.record(item);
    const [from, to] = rowsOf(file, item);
    if (record === undefined) throw rowsMissing(from, item);
    const name = shardFile(record.shard);
    const source = await store.find(name);
    if (source === undefined)
      throw harvestFileInvalid(`${store.name}/${name}`, "is missing, though it is committed");
    const layout = shardLayout(id, file, item, to - from, record.counts);
    if (source.size === layout.bytes) return { source, layout };
    await source.close();
    throw harvestFileInvalid(`${store.name}/${name}`, `has ${source.size} bytes, not ${layout.bytes}`);
  }

  async #closeOldest(): Promise<void> {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    this.#open.delete(oldest[0]);
    await (await oldest[1].catch(() => undefined))?.source.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#open.size > 0) await this.#closeOldest();
  }
}
