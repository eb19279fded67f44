import { loadBackend } from "@hookdict/backends";
import { CASES, USUAL } from "./cases.ts";
import type { BackendFigures } from "./report.ts";

// Measures one backend, in a process of its own; the last line of its output is the figures as JSON.

const [wanted = "wasm", what = USUAL.name] = process.argv.slice(2);

async function measure(): Promise<BackendFigures> {
  const asked = CASES.find(({ name }) => name === what) ?? USUAL;
  const before = asked.before?.();
  const { name: backend, threads } = await loadBackend({ backend: wanted });
  const effort = backend === "cpu" ? { rounds: 1, warmups: 0 } : { rounds: 45, warmups: 2, budgetMs: 90_000 };
  const figures = await asked.measure(backend, effort);
  return { backend, ...(threads !== undefined && { threads }), ...before, ...figures };
}

console.log(JSON.stringify(await measure()));
