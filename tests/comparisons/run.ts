import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBackend } from "@hookdict/backends";
import type { Area, Item } from "./area.ts";
import { areas } from "./areas.ts";

// `pnpm reference [AREA ...] [--backend cpu] [--only WORD]`: compares with values that other people's software computed.
// The folder is HOOKDICT_REFERENCE, by default the repository's own copy; it may have some of the areas alone.

const own = fileURLToPath(new URL("../reference", import.meta.url));

/** What an item says that does not hold. */
async function faultsOf(item: Item): Promise<readonly string[]> {
  try {
    return await item.check();
  } catch (error) {
    return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
}

/** The items of an area, or the words in which they could not be read. */
async function itemsOf(area: Area, folder: string): Promise<readonly Item[] | string> {
  try {
    return await area.items(folder);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** What was found of an area, and how much of it holds. */
interface Found {
  readonly holding: number;
  readonly items: number;
}

/** `undefined` where an area is in the folder and cannot be read. */
async function compare(area: Area, folder: string, only: string | undefined): Promise<Found | undefined> {
  if (!existsSync(join(folder, area.at))) {
    console.log(`${area.name}: not in this folder, which has no ${area.at}`);
    return { holding: 0, items: 0 };
  }
  const all = await itemsOf(area, folder);
  if (typeof all === "string") {
    console.log(`${area.name}: cannot be read\n  ${all}`);
    return undefined;
  }
  const items = all.filter(({ name }) => only === undefined || name.includes(only));
  const faults: string[] = [];
  let holding = 0;
  for (const item of items) {
    const lines = await faultsOf(item);
    if (lines.length === 0) holding++;
    else faults.push(`  ${item.name}`, ...lines.slice(0, 8).map((line) => `    ${line}`));
    if (lines.length > 8) faults.push(`    and ${lines.length - 8} more`);
  }
  console.log([`${area.name}: ${holding} of ${items.length} hold`, ...faults].join("\n"));
  return { holding, items: items.length };
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: "string", default: process.env["HOOKDICT_TEST_BACKEND"] ?? "cpu" },
      only: { type: "string" },
    },
  });
  const names = positionals.filter((arg) => arg !== "--");
  const unknown = names.find((name) => !areas.some((area) => area.name === name));
  if (unknown !== undefined)
    throw new Error(`unknown area "${unknown}": use some of ${areas.map(({ name }) => name).join(", ")}`);
  const folder = process.env["HOOKDICT_REFERENCE"] ?? own;
  const chosen = areas.filter(({ name }) => names.length === 0 || names.includes(name));
  let holds = true;
  for (const backend of values.backend.split(",")) {
    await loadBackend({ backend: backend === "tensorflow" ? "tfjs-node" : backend });
    console.log(`on ${backend}`);
    let items = 0;
    for (const area of chosen) {
      const found = await compare(area, folder, values.only);
      // What was asked for by name must be there; else a folder may have some areas alone.
      const isEnough = found !== undefined && (found.items > 0 || names.length === 0);
      holds = holds && isEnough && found.holding === found.items;
      items += found?.items ?? 0;
    }
    if (items === 0) console.log(`nothing to compare in ${folder}`);
    holds = holds && items > 0;
  }
  return holds;
}

process.exitCode = 1; // until everything has been seen
if (await main()) process.exitCode = 0;
