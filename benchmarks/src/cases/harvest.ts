import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  harvest as runHarvest,
  type HarvestPlan,
  HarvestReader,
  packTokens,
  planHarvest,
} from "@hookdict/harvest";
import { GPT2 } from "@hookdict/models";
import { tensor2d } from "@tensorflow/tfjs-core";
import { queueFigures, type QueueFigures } from "../harvest/queues.ts";
import { summarise, type Timing } from "../measure.ts";
import { ratio, time } from "../text.ts";
import { type Case, plainCase } from "./case.ts";

/** What harvests cost beside what cannot be spared. Rates are in bytes a second, as stored. */
interface HarvestFigures extends QueueFigures {
  /** Bare forward passes over some rows, with the logits read. */
  readonly forward: Timing;
  /** The harvest of every residual of these rows in float16, checks, hashes and syncs included. */
  readonly harvested: Timing;
  /** The opening of its model, which is once in each process. */
  readonly opened: Timing;
  /** Harvests by one child, by two, their starts included. */
  readonly oneChild: Timing;
  readonly twoChildren: Timing;
  /** What a child costs that is killed once: the harvest, and the same with the death. */
  readonly undisturbed: Timing;
  readonly childKilled: Timing;
  /** Rates of the files, whole, of batches in order and of shuffled ones: float16 made float32 tensors. */
  readonly filesPerSecond: number;
  readonly sequentialPerSecond: number;
  readonly shuffledPerSecond: number;
  /** Most memory beyond what the model takes, in shards. */
  readonly memoryShards: number;
}

const fileOf = (name: string): string => fileURLToPath(new URL(`../harvest/${name}.mjs`, import.meta.url));
const CONTEXT = 128;
/** Rows that are computed in this process, all in one shard, and by children, in items of a batch. */
const ROWS = 64;
const CHILD_ROWS = 128;
const KILLED_ROWS = 32;
/** Rows that are read: 96 MiB in float16. */
const WIDE_ROWS = 512;
/** Rows of shards of 64 MiB. */
const SHARD_ROWS = 341;
const sizes = { nLayers: 4, nHeads: 4, dModel: 256, dVocab: 1000, nPositions: CONTEXT };

/** Harvesting and reading, on wasm with one thread, which children share without being in each other's way. */
async function measure(): Promise<HarvestFigures> {
  const folder = await mkdtemp(join(tmpdir(), "hookdict-bench-"));
  try {
    const figures = { ...(await computing(folder)), ...(await reading(folder)) };
    return { ...figures, memoryShards: await memory(folder), ...(await queueFigures()) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let plans = 0;

async function plan(folder: string, recipe: string, rows: number, itemRows: number): Promise<HarvestPlan> {
  const [sources, data, out] = ["jsonl", "tokens", "acts"].map((kind) =>
    join(folder, `${plans}.${kind}`),
  ) as [string, string, string];
  plans++;
  const documents = Array.from({ length: rows }, (_, n) =>
    JSON.stringify({ tokens: Array.from({ length: CONTEXT }, (_u, i) => (n * 31 + i * 7) % 1000) }),
  );
  await writeFile(sources, documents.join("\n"));
  await packTokens({ sources, column: "tokens", out: data, context: CONTEXT, bos: null, eos: null });
  return planHarvest({ recipe: fileOf(recipe), data, out, itemRows, batchRows: 8 });
}

/** The number that a script of `harvest` writes, in a process as its user starts it. */
function told(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  const { stdout, stderr } = spawnSync(process.execPath, [fileOf(script), ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  const found = Number(stdout.trim() || Number.NaN);
  if (Number.isFinite(found)) return found;
  throw new Error(`${script} ${args.join(" ")}: ${stdout}${stderr}`);
}

type Computed =
  "forward" | "harvested" | "opened" | "oneChild" | "twoChildren" | "undisturbed" | "childKilled";

async function computing(folder: string): Promise<Pick<HarvestFigures, Computed>> {
  using model = GPT2.fromConfig(sizes, { seed: 1 });
  const forward = async (): Promise<void> => {
    for (let row = 0; row < ROWS; row += 8) {
      const ids = Int32Array.from({ length: 8 * CONTEXT }, (_, i) => (row * 31 + i * 7) % 1000);
      const tokens = tensor2d(ids, [8, CONTEXT], "int32");
      const logits = model.call(tokens);
      await logits.data();
      tokens.dispose();
      logits.dispose();
    }
  };
  let planned: HarvestPlan;
  const here = {
    before: async () => {
      planned = await plan(folder, "recipe", ROWS, ROWS);
    },
    run: async () => void (await runHarvest(planned, { processes: 0 })),
  };
  const opened = { run: async () => GPT2.fromConfig(sizes, { seed: 1 }).dispose() };
  const alone = await compareAsync({ forward: { run: forward }, harvested: here, opened }, 3);
  const killed = join(folder, "kill");
  const children = (rows: number, processes: number, isKilled = false): AsyncTask => ({
    before: async () => {
      planned = await plan(folder, "recipe", rows, 8);
      if (isKilled) await writeFile(killed, "");
    },
    run: async () =>
      told("run", [planned.store.name, fileOf("recipe"), String(processes)], { HARVEST_BENCH_KILL: killed }),
  });
  const both = await compareAsync(
    { oneChild: children(CHILD_ROWS, 1), twoChildren: children(CHILD_ROWS, 2) },
    3,
    0,
  );
  const deaths = await compareAsync(
    { undisturbed: children(KILLED_ROWS, 1), childKilled: children(KILLED_ROWS, 1, true) },
    3,
    0,
  );
  return { ...alone, ...both, ...deaths } as Record<Computed, Timing>; // a timing for each task
}

interface AsyncTask {
  readonly before?: () => Promise<void>;
  /** May give how many milliseconds count. */
  readonly run: () => Promise<number | void>;
}

/** Times tasks in turn, after some rounds that do not count; what `before` takes does not either. */
async function compareAsync(
  tasks: Readonly<Record<string, AsyncTask>>,
  rounds: number,
  warmups = 1,
): Promise<Record<string, Timing>> {
  const names = Object.keys(tasks);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -warmups; round < rounds; round++)
    for (const name of names) {
      await tasks[name]?.before?.();
      const start = performance.now();
      const ms = await tasks[name]?.run();
      if (round >= 0) times[name]?.push(ms ?? performance.now() - start);
    }
  return Object.fromEntries(names.map((name) => [name, summarise(times[name] ?? [])]));
}

type Read = "filesPerSecond" | "sequentialPerSecond" | "shuffledPerSecond";

async function reading(folder: string): Promise<Pick<HarvestFigures, Read>> {
  const wide = await plan(folder, "wide", WIDE_ROWS, 64);
  await runHarvest(wide, { processes: 0 });
  const bytes = WIDE_ROWS * CONTEXT * 768 * 2;
  const shards = join(wide.store.name, "shards");
  const files = async (): Promise<void> => {
    for (const name of await readdir(shards)) await readFile(join(shards, name));
  };
  const batches = (shuffle: boolean) => async (): Promise<void> => {
    await using reader = await HarvestReader.open(wide.store.name);
    const options = { unit: "position", sites: "wide", ...(shuffle && { shuffle: { seed: 1 } }) } as const;
    for await (const batch of reader.batches(4096, options)) batch.dispose();
  };
  const { whole, sequential, shuffled } = await compareAsync(
    { whole: { run: files }, sequential: { run: batches(false) }, shuffled: { run: batches(true) } },
    7,
  );
  const rate = (timing: Timing | undefined): number => (bytes / (timing?.medianMs ?? Number.NaN)) * 1000;
  return {
    filesPerSecond: rate(whole),
    sequentialPerSecond: rate(sequential),
    shuffledPerSecond: rate(shuffled),
  };
}

async function memory(folder: string): Promise<number> {
  const [small, large] = [
    await plan(folder, "wide", 8, 8),
    await plan(folder, "wide", 2 * SHARD_ROWS, SHARD_ROWS),
  ];
  return told("memory", [small.store.name, large.store.name, fileOf("wide")]);
}

function render(backend: string, figures: HarvestFigures): string {
  const { forward, harvested, opened, oneChild, twoChildren, undisturbed, childKilled } = figures;
  const { redisMs, postgresMs } = figures;
  const alone = { ...harvested, medianMs: harvested.medianMs - opened.medianMs };
  const share = (ms: number | undefined): string =>
    ms === undefined ? "not installed" : `${(ms / 10).toFixed(2)} %`;
  const megabytes = (rate: number): string => `${Math.round(rate / 1e6)} MB/s`;
  return [
    `${backend}: harvest of every residual in float16, by bare forward passes with logits read: ${ratio(harvested, forward)}, without the opening of the model ${ratio(alone, forward)}`,
    `one child ${time(oneChild)}, two ${time(twoChildren)}, starts included: ${ratio(oneChild, twoChildren)}`,
    `a child killed once: ${(childKilled.medianMs - undisturbed.medianMs).toFixed(0)} ms more`,
    `read: files whole ${megabytes(figures.filesPerSecond)}, batches in order ${megabytes(figures.sequentialPerSecond)}, shuffled ${megabytes(figures.shuffledPerSecond)}`,
    `memory beyond the model: ${figures.memoryShards.toFixed(1)} shards of 64 MiB`,
    `a queue, of items of 1 s: Redis ${share(redisMs)}, PostgreSQL ${share(postgresMs)}`,
  ].join("\n");
}

export const harvest: Case = plainCase({
  name: "harvest",
  about: "what harvests cost beside forward passes, and how fast they are read",
  backends: ["wasm"],
  measure,
  render,
});
