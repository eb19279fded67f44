import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { harvest, type HarvestPlan, HarvestReader, packTokens, planHarvest } from "@hookdict/harvest";
import { GPT2 } from "@hookdict/models";
import { tensor2d } from "@tensorflow/tfjs-core";
import { summarise, type Timing } from "../measure.ts";

/** What harvests cost beside what cannot be spared. Rates are in bytes a second, as stored. */
export interface HarvestFigures {
  /** Bare forward passes over some rows, with the logits read. */
  readonly forward: Timing;
  /** The harvest of every residual of these rows in float16, checks, hashes and syncs included. */
  readonly harvested: Timing;
  /** Seconds a row of harvests by one child, by two. */
  readonly oneChild: Timing;
  readonly twoChildren: Timing;
  /** What a child costs that is killed once: the harvest, and the same with the death. */
  readonly undisturbed: Timing;
  readonly childKilled: Timing;
  /** Rates of the files, whole, of batches in order and of shuffled ones: float16 made float32 tensors. */
  readonly filesPerSecond: number;
  readonly sequentialPerSecond: number;
  readonly shuffledPerSecond: number;
}

const recipeOf = (name: string): string => fileURLToPath(new URL(`../harvest/${name}.mjs`, import.meta.url));
const CONTEXT = 128;
const ROWS = 32;
/** Rows that are read: 96 MiB in float16. */
const WIDE_ROWS = 512;
const sizes = { nLayers: 4, nHeads: 4, dModel: 256, dVocab: 1000, nPositions: CONTEXT };

/** Harvesting and reading, on wasm with one thread, which children share without being in each other's way. */
export async function harvestFigures(): Promise<HarvestFigures> {
  const folder = await mkdtemp(join(tmpdir(), "hookdict-bench-"));
  try {
    return { ...(await computing(folder)), ...(await reading(folder)) };
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
  return planHarvest({ recipe: recipeOf(recipe), data, out, itemRows, batchRows: 8 });
}

type Computing = Omit<HarvestFigures, "filesPerSecond" | "sequentialPerSecond" | "shuffledPerSecond">;

async function computing(folder: string): Promise<Computing> {
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
  const killed = join(folder, "kill");
  process.env["HARVEST_BENCH_KILL"] = killed;
  let planned: HarvestPlan;
  const task = (processes: number, before?: () => Promise<void>) => ({
    before: async () => {
      planned = await plan(folder, "recipe", ROWS, 8);
      await before?.();
    },
    run: async () => void (await harvest(planned, { processes })),
  });
  const here = task(0);
  const alone = await compareAsync({ forward: { run: forward }, harvested: here }, 3);
  const children = await compareAsync(
    {
      oneChild: task(1),
      twoChildren: task(2),
      undisturbed: task(1),
      childKilled: task(1, () => writeFile(killed, "")),
    },
    3,
  );
  return { ...alone, ...children } as Computing; // a timing for each task
}

interface AsyncTask {
  readonly before?: () => Promise<void>;
  readonly run: () => Promise<void>;
}

/** Times tasks in turn, after one round that does not count; what `before` takes does not either. */
async function compareAsync(
  tasks: Readonly<Record<string, AsyncTask>>,
  rounds: number,
): Promise<Record<string, Timing>> {
  const names = Object.keys(tasks);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      await tasks[name]?.before?.();
      const start = performance.now();
      await tasks[name]?.run();
      if (round >= 0) times[name]?.push(performance.now() - start);
    }
  return Object.fromEntries(names.map((name) => [name, summarise(times[name] ?? [])]));
}

async function reading(folder: string): Promise<Omit<HarvestFigures, keyof Computing>> {
  const wide = await plan(folder, "wide", WIDE_ROWS, 64);
  await harvest(wide, { processes: 0 });
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
    5,
  );
  const rate = (timing: Timing | undefined): number => (bytes / (timing?.medianMs ?? Number.NaN)) * 1000;
  return {
    filesPerSecond: rate(whole),
    sequentialPerSecond: rate(sequential),
    shuffledPerSecond: rate(shuffled),
  };
}
