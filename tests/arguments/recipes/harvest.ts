import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { harvest, HarvestReader, memoryQueue, memoryStore, sealHarvest, TokenSet } from "@hookdict/harvest";
import { closeDictionary } from "../../harvest/fixtures/sae.ts";
import { fixture, planned } from "../../harvest/support/harvests.ts";
import type { Recipes, Subject } from "../recipes.ts";

/** One harvest for all calls, complete, so that none of them computes. */
const MADE = await planned({ recipe: "sae.ts" });
await harvest(MADE.plan, { processes: 0 });
await sealHarvest(MADE.plan);

/** What junk names as a place is made here. */
const FOLDER = await mkdtemp(join(tmpdir(), "hookdict-junk-"));
const before = process.cwd();
process.chdir(FOLDER);

export async function endHarvest(): Promise<void> {
  process.chdir(before);
  await rm(FOLDER, { recursive: true });
  await MADE[Symbol.asyncDispose]();
  closeDictionary();
}

const plan = (): object => ({ ...MADE.plan });
const nothing = (): undefined => undefined;
const signal = (): object => ({ aborted: false, addEventListener: nothing, removeEventListener: nothing });
const running = (more: object): (() => readonly unknown[]) => {
  const options = {
    processes: 0,
    itemTimeout: 1000,
    oneBackend: false,
    onProgress: nothing,
    signal: signal(),
  };
  return () => [plan(), { ...options, ...more }];
};

export const HARVEST: Recipes = {
  subjects: {
    HarvestBatches: async (): Promise<Subject> => {
      const reader = await HarvestReader.open(MADE.acts);
      return { value: reader.batches(2), end: async () => reader.close() };
    },
    HarvestReader: async (): Promise<Subject> => {
      const value = await HarvestReader.open(MADE.acts);
      return { value, end: async () => value.close() };
    },
    TokenSet: async (): Promise<Subject> => {
      const value = await TokenSet.open(MADE.tokens);
      return { value, end: async () => value.close() };
    },
    memoryQueue: async (): Promise<Subject> => {
      const value = await memoryQueue().open("a");
      // Disposed, or it would wait for work for ever.
      const call = async (method: string, args: readonly unknown[]): Promise<unknown> => {
        const made = await (value as unknown as Record<string, (...given: readonly unknown[]) => unknown>)[method]?.(...args); // prettier-ignore
        await (made as AsyncDisposable | undefined)?.[Symbol.asyncDispose]?.();
        return undefined;
      };
      return { value, call };
    },
    memoryStore: () => ({ value: memoryStore("a") }),
  },
  right: {
    "HarvestReader.batches": () => [
      2,
      {
        unit: "position",
        sites: "**",
        drop: ["bos"],
        shuffle: { seed: 1, block: 2, buffer: 4 },
        from: undefined,
        missing: "skip",
      },
    ],
    "HarvestReader.read": () => [{ start: 0, end: 2 }, { sites: "**" }],
    "HarvestReader.readSparse": () => [MADE.plan.file.features[0]?.site, { start: 0, end: 2 }],
    "HarvestReader.values": () => [MADE.plan.file.tensors[0]?.site ?? "", 2, { unit: "position" }],
    "HarvestReader::open": () => [MADE.acts],
    "TokenSet.read": () => [0, 2],
    "TokenSet::open": () => [MADE.tokens],
    "memoryQueue.enqueue": () => [[1, 2]],
    "memoryQueue.work": () => [async () => undefined, { concurrency: 1, lease: 1000 }],
    "memoryStore.createNew": () => ["a", new Uint8Array(1)],
    "memoryStore.write": () => ["a", [new Uint8Array(1)]],
    collectGarbage: () => [plan(), { hours: 24 }],
    defineRecipe: () => [{ open: nothing, sites: "**" }],
    enqueue: () => [plan(), memoryQueue(), { attempts: 1 }],
    harvest: running({ attempts: 1, part: { index: 0, count: 1 } }),
    harvestStatus: () => [plan()],
    harvestStoreConformance: () => [memoryStore("a")],
    openPlan: () => [MADE.acts, { recipe: fixture("sae.ts"), data: MADE.tokens }],
    openStore: () => [MADE.acts],
    packTokens: () => [
      {
        sources: join(MADE.path, "documents.jsonl"),
        tokenizer: undefined,
        out: memoryStore("tokens"),
        context: 8,
        policy: "concat",
        column: "tokens",
        textDocuments: "file",
        bos: 0,
        eos: null,
        pad: null,
        unknown: "error",
        shuffleDocuments: 1,
        rowsPerFile: 100,
        onProgress: nothing,
      },
    ],
    planHarvest: () => [
      {
        recipe: fixture("sae.ts"),
        data: MADE.tokens,
        out: memoryStore("acts"),
        itemRows: 4,
        batchRows: 2,
        dryRun: true,
      },
    ],
    queueConformance: () => [memoryQueue(), "0".repeat(64)],
    retryDead: () => [plan(), undefined],
    s3Store: () => [
      "s3://bucket/acts",
      { endpoint: "http://127.0.0.1:1", region: "r", credentials: nothing },
    ],
    sealHarvest: () => [plan()],
    verifyHarvest: () => [plan(), { quick: true, onItem: nothing }],
    work: () => running({ lease: 1000, attempts: 1 })().toSpliced(1, 0, memoryQueue()),
    bullmqQueue: () => [{ connection: "redis://127.0.0.1:1" }],
  },
  spared: {
    "new HarvestReader": "private: HarvestReader.open makes it",
    "new TokenSet": "private: TokenSet.open makes it",
  },
};
