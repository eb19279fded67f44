import { CANDIDATES } from "../candidates.ts";
import { loadBackend } from "../load-backend.ts";
import type { Examined } from "./examine.node.ts";

// Loads one backend in a process of its own; the last line of its output is an `Examined` as JSON.

const [name] = process.argv.slice(2);

async function probe(): Promise<Examined> {
  try {
    const loaded = await loadBackend(name === undefined ? {} : { backend: name });
    const candidate = CANDIDATES.find((each) => each.name === name);
    const what = candidate === undefined ? loaded.reason : candidate.describe(loaded);
    const detail = [what, ...loaded.warnings].join("; ");
    return { name: loaded.name, works: true, detail };
  } catch (error) {
    return { name: name ?? "none", works: false, detail: causeOf(error).message };
  }
}

/** Why it failed, without the sentence about who asked for it. */
function causeOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return name !== undefined && error.cause instanceof Error ? error.cause : error;
}

process.stdout.write(`\n${JSON.stringify(await probe())}\n`);
