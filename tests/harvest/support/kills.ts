import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type HarvestPlan, verifyHarvest } from "@hookdict/harvest";
import { seededRandom } from "@hookdict/tensordict";
import { assert, goesOn } from "../../gate/suite.ts";
import { fixture } from "./harvests.ts";
import type { Planned } from "./harvests.ts";
import { childrenOf, pause, runCommand, type Running, signal, start } from "./processes.ts";

/** Kills of one harvest. */
export const KILLS = 10;

/** Harvests of each setting: 20 kills, or as many as `HARVEST_KILLS` says. */
export const KILLED_HARVESTS: number = Math.ceil(Number(process.env["HARVEST_KILLS"] ?? 20) / KILLS);

/** Rows of a harvest that is killed: 150 items. */
export const KILLED_ROWS = 600;

/** A server that can be killed. */
export interface KillableServer {
  /** Ends it at once and starts it again. */
  kill(): Promise<void>;
}

/** Where the kills are survived. */
export interface KillSetting {
  /** The command that computes, besides the harvest. */
  readonly command: readonly string[];
  readonly server?: KillableServer;
  /** Before each start of the command. */
  readonly before?: () => Promise<void>;
}

/** Records by file, as they lie in the store. */
export async function recordsOf(plan: HarvestPlan): Promise<ReadonlyMap<string, string>> {
  const folder = join(plan.store.name, "commits");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d{6}\.json$/.test(name));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}

/** The hash of each item's shard. */
export async function hashesOf(plan: HarvestPlan): Promise<readonly string[]> {
  const records = [...(await recordsOf(plan))].sort(([a], [b]) => (a < b ? -1 : 1));
  return records.map(([name, text]) => `${name} ${(JSON.parse(text) as { shard: string }).shard}`);
}

/**
 * Kills a random subset of child, supervisor and server at random moments, again and again; after each kill every record that
 * was seen is still there, byte for byte, and all shards are whole. Then it may finish, and gives the shards' hashes.
 */
export async function surviveKills(
  made: Planned,
  setting: KillSetting,
  seed: number,
): Promise<readonly string[]> {
  const draw = seededRandom(seed);
  let seen: ReadonlyMap<string, string> = new Map();
  let running: Running | undefined;
  const env = { HARVEST_FAULT: "slow", HARVEST_BLOCK_MS: "15" };
  const [command = "", ...options] = setting.command;
  const args = [
    command,
    made.plan.store.name,
    "--recipe",
    fixture("faulty.mjs"),
    "--processes",
    "2",
    ...options,
  ];
  for (let kill = 0; kill < KILLS; kill++) {
    goesOn(`${command}, harvest ${seed}, kill ${kill}`);
    if (running === undefined) {
      await setting.before?.();
      running = start(args, env);
    }
    await pause(100 + draw() * 900);
    const [child] = childrenOf(running.process.pid);
    const what = Math.floor(draw() * (setting.server === undefined ? 3 : 4));
    if (what === 0) signal(child, "SIGKILL");
    if (what === 3) await setting.server?.kill();
    if (what === 1 || what === 2) {
      const children = what === 2 ? childrenOf(running.process.pid) : [];
      signal(running.process.pid, "SIGKILL");
      for (const each of children) signal(each, "SIGKILL");
      await running.ended;
      running = undefined;
    }
    const records = await recordsOf(made.plan);
    for (const [name, text] of seen) assert.is(records.get(name), text, `kill ${kill}: ${name}`);
    assert.equal(await verifyHarvest(made.plan), [], `kill ${kill}`);
    seen = records;
  }
  goesOn(`${command}, harvest ${seed}, to its end`);
  signal(running?.process.pid, "SIGKILL");
  await running?.ended;
  await setting.before?.();
  const { code, output } = await runCommand(args);
  assert.is(code, 0, output);
  const records = await recordsOf(made.plan);
  for (const [name, text] of seen) assert.is(records.get(name), text, name);
  assert.equal(await verifyHarvest(made.plan), []);
  return hashesOf(made.plan);
}

let hashes: Promise<readonly string[]> | undefined;

/** The hashes of an uninterrupted harvest on wasm of the plan that all kills are made of; what it wrote is removed again. */
export function uninterrupted(made: Planned): Promise<readonly string[]> {
  hashes ??= runOnce(made);
  return hashes;
}

async function runOnce(made: Planned): Promise<readonly string[]> {
  const { code, output } = await runCommand([
    "run",
    made.plan.store.name,
    "--recipe",
    fixture("faulty.mjs"),
    "--processes",
    "0",
  ]);
  assert.is(code, 0, output);
  const found = await hashesOf(made.plan);
  for (const folder of ["commits", "shards"])
    await rm(join(made.plan.store.name, folder), { recursive: true });
  return found;
}
