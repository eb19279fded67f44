import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type HarvestPlan, openPlan, packTokens, planHarvest } from "@hookdict/harvest";
import { type Folder, temporaryFolder, writeDocuments } from "./folder.ts";
import { runCommand } from "./processes.ts";

/** Path of a recipe of `fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** A planned harvest in a folder of its own. */
export interface Planned extends Folder {
  readonly plan: HarvestPlan;
  /** The packed data set. */
  readonly tokens: string;
  readonly acts: string;
}

/** How a harvest is planned. */
export interface Wanted {
  /** File of `fixtures`. Default `tiny.ts`. */
  readonly recipe?: string;
  readonly rows?: number;
  /** Rows of an item. Default 4. */
  readonly itemRows?: number | "as planned";
  readonly batchRows?: number;
  readonly policy?: "concat" | "document";
}

/** Tokens of a row in these harvests. */
export const CONTEXT = 8;

/** A harvest of documents of 7 tokens, which with the beginning of sequence (token 0) make a row each. */
export async function planned(wanted: Wanted = {}): Promise<Planned> {
  const { recipe = "tiny.ts", rows = 10, itemRows = 4, batchRows = 2, policy = "concat" } = wanted;
  const folder = await temporaryFolder();
  try {
    const [documents, tokens, acts] = ["documents.jsonl", "tokens", "acts"].map((name) =>
      join(folder.path, name),
    ) as [string, string, string];
    await writeDocuments(documents, rows, policy === "concat" ? CONTEXT - 1 : CONTEXT - 3);
    await packTokens({
      sources: documents,
      column: "tokens",
      out: tokens,
      context: CONTEXT,
      bos: 0,
      eos: null,
      policy,
    });
    const sizes = { ...(itemRows !== "as planned" && { itemRows }), batchRows };
    const plan = await planHarvest({ recipe: fixture(recipe), data: tokens, out: acts, ...sizes });
    return { ...folder, plan, tokens, acts };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** The same, planned by the command on wasm: for tests whose process has no backend. The recipe is `faulty.mjs`. */
export async function planWithoutBackend({
  rows = 10,
  itemRows = 4,
  batchRows = 2,
}: Wanted = {}): Promise<Planned> {
  const folder = await temporaryFolder();
  const [documents, tokens, acts] = ["documents.jsonl", "tokens", "acts"].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  await writeDocuments(documents, rows, CONTEXT - 1);
  await packTokens({
    sources: documents,
    column: "tokens",
    out: tokens,
    context: CONTEXT,
    bos: 0,
    eos: null,
  });
  const sizes = ["--item-rows", String(itemRows), "--batch-rows", String(batchRows)];
  const { code, output } = await runCommand([
    "plan",
    fixture("faulty.mjs"),
    "--data",
    tokens,
    "--out",
    acts,
    ...sizes,
  ]);
  if (code !== 0) throw new Error(output);
  const plan = await openPlan(acts, { recipe: fixture("faulty.mjs") });
  return { ...folder, plan, tokens, acts };
}

/** How often each batch was computed, by its first row, as `faulty.mjs` wrote it into a file. */
export function executions(log: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : [];
  for (const row of lines.map(Number)) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}
