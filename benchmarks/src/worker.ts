import { loadBackend } from "@hookdict/backends";
import { dispatch } from "./cases/dispatch.ts";
import { earlyStop } from "./cases/early-stop.ts";
import { forwardSmall, forwardTiny } from "./cases/forward.ts";
import { harvestFigures } from "./cases/harvest.ts";
import { layerDispatch } from "./cases/layer-dispatch.ts";
import { llama } from "./cases/llama.ts";
import { memoryOverPasses } from "./cases/memory.ts";
import { prepare } from "./cases/prepare.ts";
import { profile } from "./cases/profile.ts";
import { tensorDictFigures } from "./cases/tensordict.ts";
import type { BackendFigures } from "./report.ts";

// Measures one backend, in a process of its own; the last line of its output is the figures as JSON.

const [name = "wasm", what = "small"] = process.argv.slice(2);

async function measure(): Promise<BackendFigures> {
  const prepared = what === "small" || what === "tiny" ? prepare() : undefined;
  const backend = await loadBackend({ backend: name });
  const effort =
    backend.name === "cpu" ? { rounds: 1, warmups: 0 } : { rounds: 45, warmups: 2, budgetMs: 90_000 };
  const { name: loaded, threads } = backend;
  const of = { backend: loaded, ...(threads !== undefined && { threads }) };
  if (what === "profile") return { ...of, profile: await profile(effort) };
  if (what === "llama") return { ...of, llama: await llama(effort) };
  if (what === "memory") return { ...of, memory: await memoryOverPasses() };
  if (what === "harvest") return { ...of, harvest: await harvestFigures() };
  if (what === "early-stop") return { ...of, earlyStop: await earlyStop(effort) };
  return {
    ...of,
    dispatch: await dispatch(),
    layerDispatch: await layerDispatch(),
    ...(prepared && { prepare: prepared }),
    // Bookkeeping: on the reference backend alone, where the tensors themselves cost least.
    ...(backend.name === "cpu" && { tensorDict: await tensorDictFigures() }),
    forward: [await forwardTiny(), ...(what === "small" ? [await forwardSmall(effort)] : [])],
  };
}

console.log(JSON.stringify(await measure()));
