import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  harvest,
  HarvestReader,
  type HarvestStore,
  memoryStore,
  openPlan,
  openStore,
  packTokens,
  sealHarvest,
  TokenSet,
  verifyHarvest,
} from "@hookdict/harvest";
import { writeDocuments } from "../../harvest/support/folder.ts";
import { closeDictionary } from "../../harvest/fixtures/sae.ts";
import { planned } from "../../harvest/support/harvests.ts";
import type { Files, Reader } from "../reader.ts";

async function bytesOf(store: HarvestStore, file: string): Promise<Uint8Array> {
  const source = await store.find(file);
  const bytes = new Uint8Array(source?.size ?? 0);
  await source?.readInto(bytes, 0);
  await source?.close();
  return bytes;
}

async function filesOf(store: HarvestStore, folders: readonly string[]): Promise<Files> {
  const files: Record<string, Uint8Array> = {};
  for (const folder of folders)
    for (const name of await store.names(folder)) {
      const file = folder === "" ? name : `${folder}/${name}`;
      files[file] = await bytesOf(store, file);
    }
  return files;
}

/** A harvest of dense sites and of features, and the data set of it. */
async function made(isSealed: boolean): Promise<{ readonly acts: Files; readonly tokens: Files }> {
  await using all = await planned({ recipe: "sae.ts" });
  await harvest(all.plan, { processes: 0 });
  if (isSealed) await sealHarvest(all.plan);
  closeDictionary();
  const acts = await filesOf(all.plan.store, ["", "commits", "shards"]);
  return { acts, tokens: await filesOf(openStore(all.tokens), [""]) };
}

async function storeOf(files: Files): Promise<HarvestStore> {
  const store = memoryStore("acts");
  for (const [name, bytes] of Object.entries(files)) await store.write(name, [bytes]);
  return store;
}

async function readAll(files: Files): Promise<void> {
  const store = await storeOf(files);
  await using reader = await HarvestReader.open(store);
  for await (const batch of reader.batches(7, { missing: "skip" })) batch.dispose();
  for (const site of reader.features) await reader.readSparse(site, { start: 0, end: reader.rows });
}

const DOCUMENTS = join(await mkdtemp(join(tmpdir(), "hookdict-hostile-")), "documents.jsonl");
await writeDocuments(DOCUMENTS, 5, 7);
process.once("exit", () => rmSync(dirname(DOCUMENTS), { recursive: true }));
const PACKED = {
  sources: DOCUMENTS,
  column: "tokens",
  context: 8,
  bos: 0,
  eos: null,
  rowsPerFile: 2,
} as const;

/** Harvests, their records and shards, and packed data sets. */
export const HARVESTS: readonly Reader[] = [
  { name: "a harvest", files: async () => (await made(false)).acts, read: readAll },
  { name: "a sealed harvest", files: async () => (await made(true)).acts, read: readAll },
  {
    name: "a harvest that is verified",
    files: async () => (await made(true)).acts,
    async read(files) {
      await verifyHarvest(await openPlan(await storeOf(files)));
    },
  },
  {
    name: "a data set that is packed on",
    async files() {
      const out = memoryStore("tokens");
      await packTokens({ ...PACKED, out });
      const { "dataset.json": _done, ...begun } = await filesOf(out, [""]);
      return begun;
    },
    async read(files) {
      await packTokens({ ...PACKED, out: await storeOf(files) });
    },
  },
  {
    name: "a data set",
    files: async () => (await made(false)).tokens,
    async read(files) {
      await using tokens = await TokenSet.open(await storeOf(files));
      await tokens.read(0, Math.min(10, tokens.file.rows));
    },
  },
];
