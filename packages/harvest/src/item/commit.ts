import { getBackend, version_core } from "@tensorflow/tfjs-core";
import { deviceName, identity, sha256 } from "#platform";
import { canonicalJson } from "../checks/canonical.ts";
import { type HarvestPlan, rowsOf } from "../plan/plan.ts";
import { storeForgot } from "../store/errors.ts";
import type { Shard } from "./item.ts";
import {
  commitFile,
  type CommitRecord,
  type CommittedBy,
  deadFile,
  type DeadNote,
  findCommit,
  shardFile,
} from "./record.ts";

/** How a commit ended: the record that counts, and whether it is ours. */
export interface Committed {
  readonly record: CommitRecord;
  readonly isOurs: boolean;
}

/**
 * Stores a shard and then creates its item's record, in this order: whoever finds a record finds its shard. If somebody
 * was first, theirs counts.
 */
export async function commitShard(
  plan: HarvestPlan,
  item: number,
  shard: Shard,
  seconds: number,
): Promise<Committed> {
  const hash = await sha256(shard.parts);
  const file = shardFile(hash);
  await plan.store.write(file, shard.parts); // also where one is: its bytes may have been damaged since
  const nonce = `${identity().pid}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
  const record: CommitRecord = {
    format: "hookdict-harvest-commit",
    version: 1,
    item,
    rows: rowsOf(plan.file, item),
    shard: hash,
    bytes: shard.bytes,
    counts: shard.counts,
    nonce,
    by: whoami(),
    seconds: Math.round(seconds * 1000) / 1000,
  };
  if (await plan.store.createNew(commitFile(item), canonicalJson(record))) return { record, isOurs: true };
  const theirs = await findCommit(plan, item);
  if (theirs === undefined) throw storeForgot(plan.store.name, commitFile(item));
  // An answer may be lost on its way: then the record that is there is ours.
  return { record: theirs, isOurs: theirs.nonce === nonce };
}

/** Notes that an item was given up. A note that is there stays. */
export async function noteDead(
  plan: HarvestPlan,
  item: number,
  attempts: number,
  reason: string,
  stack: string,
): Promise<void> {
  const cut = (text: string): string => text.slice(0, 50_000);
  const note: DeadNote = {
    format: "hookdict-harvest-dead",
    version: 1,
    item,
    attempts,
    reason: cut(reason),
    stack: cut(stack),
  };
  await plan.store.createNew(deadFile(item), canonicalJson(note));
}

function whoami(): CommittedBy {
  const versions = { "tfjs-core": version_core };
  return { ...identity(), backend: getBackend(), device: deviceName(), versions };
}
