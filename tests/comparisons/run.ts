import { loadBackend } from "@hookdict/backends";
import { fileURLToPath } from "node:url";
import type { Area, Item } from "./area.ts";
import { areas } from "./areas.ts";

// pnpm reference [AREA ...] [--backend cpu,wasm,...]: compares with values computed by other software.

const folder = process.env["HOOKDICT_REFERENCE"] ?? fileURLToPath(new URL("../reference", import.meta.url));

interface CommandLine {
  readonly areas: readonly Area[];
  readonly backends: readonly string[];
}

function parse(args: readonly string[]): CommandLine {
  const at = args.indexOf("--backend");
  const backends = at < 0 ? ["cpu"] : (args[at + 1] ?? "").split(",").filter(Boolean);
  const names = args.filter((arg, i) => arg !== "--" && (at < 0 || (i !== at && i !== at + 1)));
  const unknown = names.filter((name) => !areas.some((area) => area.name === name));
  if (unknown.length > 0 || backends.length === 0) {
    console.error(`unknown: ${unknown.join(", ")}; areas are ${areas.map(({ name }) => name).join(", ")}`);
    process.exit(2);
  }
  return { areas: names.length === 0 ? areas : areas.filter(({ name }) => names.includes(name)), backends };
}

async function faultsOf(item: Item): Promise<readonly string[]> {
  try {
    return await item.check();
  } catch (error) {
    return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
}

async function compare(area: Area): Promise<boolean> {
  const items = await area.items(folder);
  const wrong: string[] = [];
  for (const item of items) {
    const faults = await faultsOf(item);
    if (faults.length > 0) wrong.push(`  ${item.name}: ${faults.join("; ")}`);
  }
  console.log(`${area.name}: ${items.length - wrong.length} of ${items.length} hold`);
  for (const line of wrong) console.log(line);
  return wrong.length === 0;
}

const commandLine = parse(process.argv.slice(2));
let isGood = true;
for (const backend of commandLine.backends) {
  const loaded = await loadBackend({ backend }); // names are checked by loadBackend
  if (commandLine.backends.length > 1) console.log(`on ${loaded.name}`);
  for (const area of commandLine.areas) isGood = (await compare(area)) && isGood;
}
process.exit(isGood ? 0 : 1);
