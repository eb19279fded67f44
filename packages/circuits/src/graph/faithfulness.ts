import { type Hookable, resolveTarget } from "@hookdict/core";
import { optionWrong } from "../errors.ts";
import { type Metric, metricsOf } from "../runs/metric.ts";
import { drive, driveAsync, Progress, taken, type Work, type WorkOptions } from "../runs/work.ts";
import { tidy } from "@tensorflow/tfjs-core";
import { transformerOf } from "../stream/stream-run.ts";
import type { PromptPairs } from "../sweep/prepared.ts";
import { type Circuit, pruneCircuit, type PruneOptions } from "./circuit.ts";
import { type EdgeRow, runEdges } from "./edge-patches.ts";
import { EdgeRuns } from "./edge-runs.ts";
import type { EdgeLayout } from "./layout.ts";
import type { CircuitScores } from "./score.ts";
import { rowsIn } from "./scorers/exact.ts";
import { checkArgument } from "@hookdict/tensordict";
import { checkCircuit, checkPrompts, checkWork } from "../arguments.ts";

/** Options of {@link faithfulness}. */
export interface FaithfulnessOptions extends WorkOptions {
  readonly metric: Metric;
  /** What edges outside the circuit carry: the corrupt run's values, or the mean over the prompts of both sides. Default `"corrupt"`. */
  readonly by?: "corrupt" | "mean";
  /** How many bytes it may take, weights not counted. Default 512 MiB. */
  readonly memory?: number;
}

/** How much of the model's behaviour a circuit has; metrics are means over the pairs. */
export interface Faithfulness {
  /** `(ablated - corrupt) / (clean - corrupt)`: 1 for the whole model, 0 for none of it. */
  readonly faithfulness: number;
  /** The metric of the clean prompts with all edges outside the circuit ablated. */
  readonly ablated: number;
  readonly clean: number;
  readonly corrupt: number;
  /** How many edges the circuit has. */
  readonly size: number;
}

/**
 * How faithful circuits are: the metric when every edge outside of a circuit carries corrupt values, between that of the corrupt prompt (0) and
 * that of the clean one (1) (Hanna et al. 2024; Marks et al. 2024).
 *
 * **Ownership:** *borrows* the prompts; nothing stays.
 *
 * @throws as `scoreCircuit`; UsageError `CIRCUIT_OPTION` for edges that the model does not have.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const clean = model.tokens("When Mary and John went to the store , John gave a drink to");
 * const corrupt = model.tokens("When Mary and John went to the store , Mary gave a drink to");
 * const metric = logitDifference(model.tokenizer.single("Mary"), model.tokenizer.single("John"));
 * const [none] = faithfulness(model, { clean, corrupt }, [{ nodes: [], edges: [] }], { metric });
 * Math.round((none?.faithfulness ?? 1) * 1000); // => 0
 * clean.dispose();
 * corrupt.dispose();
 */
export function faithfulness(
  model: Hookable,
  prompts: PromptPairs,
  circuits: readonly Circuit[],
  options: FaithfulnessOptions,
): Faithfulness[] {
  return drive(faithful(model, prompts, circuits, options));
}

/** {@link faithfulness} that lets other work in between its runs. **Ownership** and errors as there. */
export async function faithfulnessAsync(
  model: Hookable,
  prompts: PromptPairs,
  circuits: readonly Circuit[],
  options: FaithfulnessOptions,
): Promise<Faithfulness[]> {
  return driveAsync(faithful(model, prompts, circuits, options));
}

/**
 * How faithful the circuits of the best edges are, of several sizes: the curve by which ways to score are compared.
 *
 * **Ownership:** *borrows* all.
 *
 * @throws as {@link faithfulness} and `pruneCircuit`.
 */
export function faithfulnessCurve(
  model: Hookable,
  prompts: PromptPairs,
  scores: CircuitScores,
  options: FaithfulnessOptions &
    Pick<PruneOptions, "signed" | "connected"> & { readonly sizes: readonly number[] },
): Faithfulness[] {
  checkWork("faithfulnessCurve", options, ["metric", "by", "memory", "signed", "connected", "sizes"]);
  const { signed = false, connected = true, sizes, ...rest } = options;
  checkArgument("faithfulnessCurve", "sizes", sizes, "a list");
  const circuits = sizes.map((size) => pruneCircuit(scores, { size, signed, connected }));
  return faithfulness(model, prompts, circuits, rest);
}

function* faithful(
  model: Hookable,
  prompts: PromptPairs,
  circuits: readonly Circuit[],
  options: FaithfulnessOptions,
): Work<Faithfulness[]> {
  checkWork("faithfulness", options, ["metric", "by", "memory"]);
  checkPrompts("faithfulness", prompts);
  checkArgument("faithfulness", "circuits", circuits, "a list");
  for (const circuit of circuits) checkCircuit("faithfulness", circuit);
  const { by = "corrupt", memory = 512 * 2 ** 20 } = options;
  checkArgument("faithfulness", "memory", memory, "a finite number");
  const transformer = transformerOf(model, "faithfulness");
  const [metric] = metricsOf("faithfulness", options.metric) as [Metric];
  if (by !== "corrupt" && by !== "mean") throw optionWrong("faithfulness", "by", by, '"corrupt" or "mean"');
  using runs = new EdgeRuns(resolveTarget(model), transformer, prompts, metric);
  const rows = circuits.flatMap((circuit) => {
    const edges = outside(runs.layout, circuit);
    return Array.from({ length: runs.pairs }, (_, pair): EdgeRow => ({ pair, edges }));
  });
  const most = rowsIn(runs, memory);
  const progress = new Progress("The ablation", Math.ceil(rows.length / most), options);
  const found: number[] = [];
  for (let begin = 0; begin < rows.length; begin += most) {
    const metrics = yield* taken(runEdges(runs, rows.slice(begin, begin + most), 0, runs.others(by)));
    found.push(...Array.from(metrics));
    progress.tick();
  }
  const [clean, corrupt] = [yield* meanOf(runs, "clean"), yield* meanOf(runs, "corrupt")];
  return circuits.map(({ edges: { length: size } }, i) => {
    const own = found.slice(i * runs.pairs, (i + 1) * runs.pairs);
    const ablated = own.reduce((sum, each) => sum + each, 0) / own.length;
    return { faithfulness: (ablated - corrupt) / (clean - corrupt), ablated, clean, corrupt, size };
  });
}

/** A metric's mean over the pairs of one side. */
export function* meanOf(runs: EdgeRuns, side: "clean" | "corrupt"): Work<number> {
  const each = yield* taken(tidy(() => runs.metricOf(side)));
  return Array.from(each).reduce((sum, value) => sum + value, 0) / each.length;
}

/** 1 at each edge of the model that a circuit does not have. @throws UsageError `CIRCUIT_OPTION` */
function outside({ sources, destinations, isEdge }: EdgeLayout, { edges }: Circuit): Uint8Array {
  const width = destinations.length;
  const mask = Uint8Array.from({ length: sources.length * width }, (_, at) => {
    const [source, to] = [sources[Math.floor(at / width)], destinations[at % width]];
    return source !== undefined && to !== undefined && isEdge(source, to) ? 1 : 0;
  });
  for (const edge of edges) {
    const s = sources.findIndex(({ name }) => name === edge.source);
    const d = destinations.findIndex(({ name }) => name === edge.destination);
    const [source, to] = [sources[s], destinations[d]];
    if (source === undefined || to === undefined || !isEdge(source, to))
      throw optionWrong(
        "faithfulness",
        "circuits",
        `${edge.source} -> ${edge.destination}`,
        "edges that the model has",
      );
    mask[s * width + d] = 0;
  }
  return mask;
}
