import { keptClone } from "@hookdict/tensordict/tensors";
import { sub, gather, type Tensor, tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { budgetSmall } from "../../errors.ts";
import { taken } from "../../runs/work.ts";
import { runEdges } from "../edge-patches.ts";
import type { EdgeRuns } from "../edge-runs.ts";
import type { Scorer } from "../scorer.ts";

/** An edge that is tried on a prompt, and the layer where it ends. */
interface Trial {
  readonly pair: number;
  readonly at: number;
  readonly layer: number;
}

/** Edges one by one: what the metric becomes when one destination alone reads a source's corrupt value, minus what it was. */
export const exact: Scorer = {
  name: "exact",
  of: "edges",
  passes: (edges) => ({ forward: edges + 2, backward: 0 }),
  *score(runs, { memory = 512 * 2 ** 20 }, progress) {
    const { sources, destinations } = runs.layout;
    const scores = new Float32Array(sources.length * destinations.length);
    const rows = rowsIn(runs, memory);
    const all = [...batches(runs, rows)];
    progress.expect(all.length);
    for (const trials of all) {
      const [{ layer }] = trials as [Trial];
      const found = yield* taken(changes(runs, trials, layer));
      for (const [i, { at }] of trials.entries())
        scores[at] = (scores[at] ?? 0) + (found[i] ?? Number.NaN) / runs.pairs;
      progress.tick();
    }
    return tensor(scores, [sources.length, destinations.length]);
  },
};

function changes(runs: EdgeRuns, trials: readonly Trial[], layer: number): Tensor {
  const { sources, destinations } = runs.layout;
  const rows = trials.map(({ pair, at }) => {
    const edges = new Uint8Array(sources.length * destinations.length);
    edges[at] = 1;
    return { pair, edges };
  });
  const metrics = runEdges(runs, rows, layer, runs.others("corrupt"));
  try {
    return tidy(() => {
      const pairs = tensor1d(
        trials.map(({ pair }) => pair),
        "int32",
      );
      return keptClone(sub(metrics, gather(runs.metricOf("clean"), pairs)));
    });
  } finally {
    metrics.dispose();
  }
}

/** Streams that a row takes at once for each source: what they differ by, before and behind a layer, and what that is made of. */
const STREAMS_EACH = 3;
/** And for each head of a layer, which reads its own. */
const STREAMS_READ = 8;

/** How many rows a memory allows: each has a stream of its own for every source. @throws UsageError `SWEEP_BUDGET` */
export function rowsIn(runs: EdgeRuns, memory: number): number {
  const { clean, layout } = runs;
  const { size } = clean.stream(0);
  const { layers, head } = clean.rowBytes;
  const heads = Math.max(...runs.model.config.blocks.map(({ attention }) => attention.nHeads));
  const streams = STREAMS_EACH * layout.sources.length + STREAMS_READ * heads;
  const perRow = Math.ceil(Math.max(layers, head) + ((size * 4) / runs.pairs) * streams);
  const held = 2 * clean.bytes + runs.cleanOutputs.size * 12;
  const rows = Math.floor((memory - held) / perRow);
  // What each source adds is made of all prompts at once.
  if (rows < runs.pairs) throw budgetSmall(memory, held, perRow, runs.pairs);
  return rows;
}

/** All edges of all pairs, those that end in one layer together. */
function* batches({ layout, model, pairs }: EdgeRuns, most: number): Generator<Trial[]> {
  const { sources, destinations, isEdge } = layout;
  const last = model.blocks.length - 1;
  for (let layer = 0; layer <= last; layer++) {
    let batch: Trial[] = [];
    for (const [d, to] of destinations.entries()) {
      if (Math.min(to.layer, last) !== layer) continue;
      for (const [s, source] of sources.entries()) {
        if (!isEdge(source, to)) continue;
        const at = s * destinations.length + d;
        for (let pair = 0; pair < pairs; pair++) batch.push({ pair, at, layer });
        if (batch.length >= most) {
          for (let begin = 0; begin < batch.length; begin += most) yield batch.slice(begin, begin + most);
          batch = [];
        }
      }
    }
    if (batch.length > 0) yield batch;
  }
}
