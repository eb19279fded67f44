import { loadBackend } from "@hookdict/backends";
import {
  logitDifference,
  PatchingSweep,
  type PatchTable,
  patchTables,
  scoreCircuit,
} from "@hookdict/circuits";
import { ActivationCaching } from "@hookdict/latent";
import { reshape, slice, sum, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { finish } from "../finish.ts";
import { transformerOfGpt2Small } from "./model.ts";

// `pnpm --filter @hookdict/benchmarks run circuits [BACKEND] [TIMES] [WORD]`: what sweeps and edge attribution take at GPT-2 small's shape, 15
// positions, beside one forward pass for each cell, which is what TransformerLens runs, and a backward pass. No position is the
// same in both prompts, so that no cell is skipped.

const [backend = "tfjs-node", times = "3", word = ""] = process.argv.slice(2);
const { name: loaded } = await loadBackend({ backend });
using model = await transformerOfGpt2Small();
const ids = (first: number): Tensor2D =>
  tensor2d(
    Int32Array.from({ length: 15 }, (_, i) => (first + i * 7919) % model.config.dVocab),
    [1, 15],
    "int32",
  );
const [clean, corrupt] = [ids(13), ids(29)];
const metric = logitDifference(3, 5);

/** The median of several times, in milliseconds, after one run that does not count. */
async function median(fn: () => Promise<void> | void): Promise<number> {
  await fn();
  const taken: number[] = [];
  for (let i = 0; i < Number(times); i++) {
    const start = performance.now();
    await fn();
    taken.push(performance.now() - start);
  }
  return taken.sort((a, b) => a - b)[Math.floor(taken.length / 2)] ?? Number.NaN;
}

const forward = await median(() => finish(model.call(corrupt)));
const backward = await median(() => {
  using hooked = new ActivationCaching("blocks.0.hook_resid_pre", { directions: ["bwd"] }).prepare(model);
  hooked.backward(() => sum(slice(reshape(hooked.call(clean), [-1]), 0, 1)));
});
const line = (what: string, ms: number, beside: string): void =>
  console.log(`${what.padEnd(28)} ${ms.toFixed(0).padStart(8)} ms   ${beside}`);
console.log(`GPT-2 small's shape, 15 positions, on ${loaded}`);
line("forward pass", forward, "");
line("forward and backward pass", backward, "");

const HEADS = ["out", "q", "k", "v"].map((part) => `attn_head_${part}_by_pos`);
const SWEEPS: readonly (readonly [string, readonly PatchTable[]])[] = [
  ["resid_pre, 12 x 15", patchTables(["resid_pre"])],
  ["five head tables by position", patchTables([...HEADS, "attn_head_pattern_by_pos"])],
];
for (const [what, tables] of SWEEPS.filter(([name]) => name.includes(word))) {
  using hooked = new PatchingSweep({ tables, metrics: metric }).prepare(model);
  const { cells, runs, rows } = hooked.plan({ clean, corrupt });
  const ms = await median(() => hooked.sweep({ clean, corrupt }).dispose());
  const ratio = (cells * forward) / ms;
  line(
    what,
    ms,
    `${cells} cells in ${runs} runs of ${rows} rows: ${ratio.toFixed(1)} times one forward pass for each`,
  );
}
const EDGES = "EAP of all edges";
if (EDGES.includes(word)) {
  const edges = await median(() => scoreCircuit(model, { clean, corrupt }, { metric }).dispose());
  line(EDGES, edges, `${(edges / backward).toFixed(2)} forward and backward passes`);
}
clean.dispose();
corrupt.dispose();
