import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadBackend } from "@hookdict/backends";
import { harvest, HarvestReader, type HarvestPlan, packTokens, planHarvest } from "@hookdict/harvest";
import { GPT2 } from "@hookdict/models";
import { tensor2d } from "@tensorflow/tfjs-core";

// `pnpm bench:harvest`: what harvesting costs beside bare forward passes, what a second process brings, and how fast a harvest is
// read, as ratios of one run. It measures the built packages.

const CONTEXT = 128;
const ROWS = Number(process.argv[2] ?? 64);
const recipe = fileURLToPath(new URL("recipe.mjs", import.meta.url));
const sizes = { nLayers: 4, nHeads: 4, dModel: 256, dVocab: 1000, nPositions: CONTEXT };

const folder = await mkdtemp(join(tmpdir(), "hookdict-bench-"));

async function plan(out: string, rows: number, itemRows: number): Promise<HarvestPlan> {
  const documents = Array.from({ length: rows }, (_, n) =>
    JSON.stringify({ tokens: Array.from({ length: CONTEXT }, (_u, i) => (n * 31 + i * 7) % 1000) }),
  );
  const sources = join(folder, `${out}.jsonl`);
  await writeFile(sources, documents.join("\n"));
  const data = join(folder, `tokens-${out}`);
  await packTokens({ sources, column: "tokens", out: data, context: CONTEXT, bos: null, eos: null });
  return planHarvest({ recipe, data, out: join(folder, out), itemRows, batchRows: 8 });
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/** Forward passes over all rows, with the logits read. */
async function forward(): Promise<void> {
  using model = GPT2.fromConfig(sizes, { seed: 1 });
  for (let row = 0; row < ROWS; row += 8) {
    const ids = Int32Array.from({ length: 8 * CONTEXT }, (_, i) => (row * 31 + i * 7) % 1000);
    const tokens = tensor2d(ids, [8, CONTEXT], "int32");
    const logits = model.call(tokens);
    await logits.data();
    tokens.dispose();
    logits.dispose();
  }
}

/** Bytes a second of a site, as stored, in batches of 4,096 positions. */
async function reading(acts: string, shuffle: boolean): Promise<number> {
  await using reader = await HarvestReader.open(acts);
  let positions = 0;
  const time = await seconds(async () => {
    const options = { unit: "position", ...(shuffle && { shuffle: { seed: 1 } }) } as const;
    for await (const batch of reader.batches(4096, options)) {
      positions += batch.batchSize[0] ?? 0;
      batch.dispose();
    }
  });
  return (positions * sizes.nLayers * sizes.dModel * 2) / time;
}

try {
  await loadBackend({ backend: "wasm", threads: 1 });
  await forward();
  const bare = await seconds(forward);
  const here = await plan("here", ROWS, 16);
  const harvested = await seconds(() => harvest(here, { processes: 0 }));
  const [one, two] = [await plan("one", ROWS + 8, 8), await plan("two", ROWS + 16, 8)];
  const alone = (await seconds(() => harvest(one, { processes: 1 }))) / (ROWS + 8);
  const both = (await seconds(() => harvest(two, { processes: 2 }))) / (ROWS + 16);
  const acts = join(folder, "here");
  await reading(acts, false); // warm
  const [sequential, shuffled] = [await reading(acts, false), await reading(acts, true)];
  const ratio = (value: number): string => value.toFixed(2);
  console.log(
    `harvest of every residual in float16, by bare forward passes with logits read: ${ratio(harvested / bare)}`,
  );
  console.log(`rows a second of two processes, by one (start and loading included): ${ratio(alone / both)}`);
  console.log(
    `read in order: ${Math.round(sequential / 1e6)} MB/s; shuffled: ${Math.round(shuffled / 1e6)} MB/s (float32 made of float16)`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
