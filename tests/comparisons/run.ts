import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBackend } from "@hookdict/backends";
import type { Area, Item } from "./area.ts";
import { areas } from "./areas.ts";

// `pnpm reference [AREA ...] [--backend cpu] [--only WORD]`: compares with values that other people's software computed.
// The folder is HOOKDICT_REFERENCE, by default the repository's own copy.

const own = fileURLToPath(new URL("../reference", import.meta.url));

/** What an item says that does not hold. */
async function faultsOf(item: Item): Promise<readonly string[]> {
  try {
    return await item.check();
  } catch (error) {
    return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
}

async function compare(area: Area, folder: string, only: string | undefined): Promise<boolean> {
  const items = (await area.items(folder)).filter(({ name }) => only === undefined || name.includes(only));
  const faults: string[] = [];
  let holding = 0;
  for (const item of items) {
    const lines = await faultsOf(item);
    if (lines.length === 0) holding++;
    else faults.push(`  ${item.name}`, ...lines.slice(0, 8).map((line) => `    ${line}`));
    if (lines.length > 8) faults.push(`    and ${lines.length - 8} more`);
  }
  console.log([`${area.name}: ${holding} of ${items.length} hold`, ...faults].join("\n"));
  return holding === items.length && items.length > 0;
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
  let holds = true;
  for (const backend of values.backend.split(",")) {
    await loadBackend({ backend: backend === "tensorflow" ? "tfjs-node" : backend });
    console.log(`on ${backend}`);
    for (const area of areas) {
      if (names.length > 0 && !names.includes(area.name)) continue;
      holds = (await compare(area, process.env["HOOKDICT_REFERENCE"] ?? own, values.only)) && holds;
    }
  }
  return holds;
}

process.exitCode = 1; // until everything has been seen
if (await main()) process.exitCode = 0;
