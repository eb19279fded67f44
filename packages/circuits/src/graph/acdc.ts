import { type Hookable, resolveTarget } from "@hookdict/core";
import { optionWrong } from "../errors.ts";
import { type Metric, metricsOf } from "../runs/metric.ts";
import { drive, driveAsync, Progress, taken, type Work, type WorkOptions } from "../runs/work.ts";
import { transformerOf } from "../stream/stream-run.ts";
import type { PromptPairs } from "../sweep/prepared.ts";
import { type Circuit, type CircuitEdge, circuitOf, nodeOf } from "./circuit.ts";
import { runEdges } from "./edge-patches.ts";
import { EdgeRuns } from "./edge-runs.ts";
import { meanOf } from "./faithfulness.ts";
import { checkPrompts, checkWork } from "../arguments.ts";

/** Options of {@link discoverCircuit}. */
export interface DiscoverOptions extends WorkOptions {
  readonly metric: Metric;
  /** An edge goes when the metric changes by less without it, signs left out. */
  readonly threshold: number;
  /** What removed edges carry. Default `"corrupt"`. */
  readonly by?: "corrupt" | "mean";
}

/**
 * Automatic circuit discovery (ACDC; Conmy et al. 2023, arXiv 2304.14997): from the logits back to the embeddings, every edge into a node that
 * is still part of the circuit is taken away if the metric hardly changes without it. The score of an edge that stays is that change.
 * Runs begin at the layer where the edge ends: what was taken away before lies behind it.
 *
 * **Ownership:** *borrows* the prompts.
 *
 * @throws as `scoreCircuit`; UsageError `CIRCUIT_OPTION` for a threshold below 0.
 */
export function discoverCircuit(model: Hookable, prompts: PromptPairs, options: DiscoverOptions): Circuit {
  return drive(discovered(model, prompts, options));
}

/** {@link discoverCircuit} that lets other work in between its runs. **Ownership** and errors as there. */
export async function discoverCircuitAsync(
  model: Hookable,
  prompts: PromptPairs,
  options: DiscoverOptions,
): Promise<Circuit> {
  return driveAsync(discovered(model, prompts, options));
}

function* discovered(model: Hookable, prompts: PromptPairs, options: DiscoverOptions): Work<Circuit> {
  checkWork("discoverCircuit", options, ["metric", "threshold", "by"]);
  checkPrompts("discoverCircuit", prompts);
  const { threshold, by = "corrupt" } = options;
  if (by !== "corrupt" && by !== "mean")
    throw optionWrong("discoverCircuit", "by", by, '"corrupt" or "mean"');
  const transformer = transformerOf(model, "discoverCircuit");
  const [metric] = metricsOf("discoverCircuit", options.metric) as [Metric];
  if (typeof threshold !== "number" || !(threshold >= 0))
    throw optionWrong("discoverCircuit", "threshold", threshold, "a number from 0 up");
  using runs = new EdgeRuns(resolveTarget(model), transformer, prompts, metric);
  const { sources, destinations, isEdge } = runs.layout;
  const pairs = Array.from({ length: runs.pairs }, (_, pair) => pair);
  const removed = new Uint8Array(sources.length * destinations.length);
  const kept: CircuitEdge[] = [];
  let current = yield* meanOf(runs, "clean");
  const total = sources.reduce(
    (sum, source) => sum + destinations.filter((to) => isEdge(source, to)).length,
    0,
  );
  const progress = new Progress("The discovery", total, options);
  for (let d = destinations.length - 1; d >= 0; d--) {
    const to = destinations[d];
    if (to === undefined) continue;
    const isPart = to.kind === "logits" || kept.some(({ source }) => source === nodeOf(to.name));
    for (let s = sources.length - 1; s >= 0; s--) {
      const source = sources[s];
      if (source === undefined || !isEdge(source, to)) continue;
      const at = s * destinations.length + d;
      removed[at] = 1;
      // Nothing that counts reads a node that is no part: its edges go without a run.
      if (isPart) {
        const layer = Math.min(to.layer, transformer.blocks.length - 1);
        const rows = pairs.map((pair) => ({ pair, edges: removed }));
        const found = yield* taken(runEdges(runs, rows, layer, runs.others(by)));
        const mean = Array.from(found).reduce((sum, each) => sum + each, 0) / found.length;
        const change = mean - current;
        if (Math.abs(change) < threshold) current = mean;
        else {
          removed[at] = 0;
          kept.push({ source: source.name, destination: to.name, score: change });
        }
      }
      progress.tick();
    }
  }
  return circuitOf(
    kept.reverse(),
    sources.map(({ name }) => name),
  );
}
