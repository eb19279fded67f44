import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import type { Area } from "./area.ts";
import { areas } from "./areas.ts";
import { loadTestBackend } from "../gate/backend.ts";

// `pnpm reference [AREA ...] [--backend cpu,wasm,...]`: compares with the values in the folder HOOKDICT_REFERENCE.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: "string", default: "cpu" } },
});
const folder = process.env["HOOKDICT_REFERENCE"] ?? fileURLToPath(new URL("../reference", import.meta.url));
const unknown = positionals.filter((name) => areas.every((area) => area.name !== name));
if (unknown.length > 0) {
  console.log(`No area ${unknown.join(", ")}; there are ${areas.map(({ name }) => name).join(", ")}.`);
  process.exit(1);
}

let failures = 0;
const backends = values.backend.split(",");
for (const backend of backends) {
  await loadTestBackend(backend);
  if (backends.length > 1) console.log(`on ${backend}`);
  for (const area of areas) {
    if (positionals.length === 0 || positionals.includes(area.name)) failures += await runArea(area);
  }
}
process.exitCode = failures > 0 ? 1 : 0;

/** Prints how many hold, then what does not; gives the number of those. */
async function runArea(area: Area): Promise<number> {
  const items = await area.items(folder);
  const failed: string[] = [];
  let held = 0;
  for (const item of items) {
    const lines = await linesOf(item.check());
    if (lines.length === 0) held++;
    else failed.push(`  ${item.name}:`, ...lines.map((line) => `    ${line}`));
  }
  console.log(`${area.name}: ${held} of ${items.length} hold`);
  for (const line of failed) console.log(line);
  return items.length - held;
}

async function linesOf(check: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await check;
  } catch (error) {
    return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
}
