import { type Hookable, resolveTarget } from "@hookdict/core";
import { keptClone } from "@hookdict/tensordict/tensors";
import { mean, mul, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import { type Metric, metricsOf } from "../runs/metric.ts";
import { drive, driveAsync, Progress, taken, type Work, type WorkOptions } from "../runs/work.ts";
import { transformerOf } from "../stream/stream-run.ts";
import type { PromptPairs } from "../sweep/prepared.ts";
import { EdgeRuns } from "./edge-runs.ts";
import { type EdgeLayout, layoutOf } from "./layout.ts";
import type { Passes, Scorer, ScorerOptions } from "./scorer.ts";
import { SCORERS } from "./scorers.ts";
import { checkPrompts, checkWork } from "../arguments.ts";
import { checkArgument, nonTensor, TensorDict, countWords, isCount } from "@hookdict/tensordict";

/** Options of {@link scoreCircuit}. */
export interface ScoreOptions extends ScorerOptions, WorkOptions {
  readonly metric: Metric;
  /** The name of a scorer, or one of one's own. Default `"eap"`. */
  readonly scorer?: string | Scorer;
}

/**
 * Scores of a transformer's edges or nodes, as a TensorDict: `values` `[source, destination]`, 0 where there is no edge, or `[source]`;
 * `axes`, `labels`; the metric's mean on both sides, `clean` and `corrupt`; the scorer's name.
 */
export type CircuitScores = TensorDict<{
  values: Tensor;
  axes: string[];
  labels: { source: string[]; destination?: string[] };
  clean: number;
  corrupt: number;
  scorer: string;
}>;

/**
 * How much each edge, or node, of a transformer matters for a metric: an edge goes from what adds to the residual stream (embeddings, heads,
 * MLPs) to what reads it (queries, keys and values of each head, MLPs, the logits). A score is the change of the metric, or its estimate, when
 * the edge carries the corrupt run's value into the clean run.
 *
 * **Ownership:** *borrows* the prompts; *returns owned*.
 *
 * @throws UsageError `CIRCUIT_MODEL`, `STREAM_NO_SUM`, `CIRCUIT_OPTION`, `METRIC_INVALID`, `SWEEP_BUDGET`; ShapeError `PROMPTS_UNEQUAL`,
 * `METRIC_SHAPE`; LifetimeError `CIRCUIT_ABORTED`; what the model throws.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const clean = model.tokens("When Mary and John went to the store , John gave a drink to");
 * const corrupt = model.tokens("When Mary and John went to the store , Mary gave a drink to");
 * const metric = logitDifference(model.tokenizer.single("Mary"), model.tokenizer.single("John"));
 * using scores = scoreCircuit(model, { clean, corrupt }, { metric });
 * scores.get("values").shape; // => [21, 53]
 * clean.dispose();
 * corrupt.dispose();
 */
export function scoreCircuit(model: Hookable, prompts: PromptPairs, options: ScoreOptions): CircuitScores {
  return drive(scored(model, prompts, options));
}

/** {@link scoreCircuit} that lets other work in between its runs. **Ownership** and errors as there. */
export async function scoreCircuitAsync(
  model: Hookable,
  prompts: PromptPairs,
  options: ScoreOptions,
): Promise<CircuitScores> {
  return driveAsync(scored(model, prompts, options));
}

/** How many passes a scorer would take on a model. @throws UsageError `CIRCUIT_MODEL`, `CIRCUIT_OPTION`, `STREAM_NO_SUM` */
export function scoringPasses(model: Hookable, options: Omit<ScoreOptions, "metric"> = {}): Passes {
  checkWork("scoringPasses", options, SCORE_OPTIONS);
  const { sources, destinations, isEdge } = layoutOf(transformerOf(model, "scoringPasses"));
  const edges = sources.flatMap((source) => destinations.filter((to) => isEdge(source, to)));
  return scorerOf(options.scorer).passes(edges.length, options);
}

const SCORE_OPTIONS = ["scorer", "steps", "convention", "memory"];

function* scored(model: Hookable, prompts: PromptPairs, options: ScoreOptions): Work<CircuitScores> {
  checkWork("scoreCircuit", options, [...SCORE_OPTIONS, "metric"]);
  checkPrompts("scoreCircuit", prompts);
  checkArgument("scoreCircuit", "memory", options.memory, "a finite number?");
  const transformer = transformerOf(model, "scoreCircuit");
  const [metric] = metricsOf("scoreCircuit", options.metric) as [Metric];
  const scorer = scorerOf(options.scorer);
  checkSteps(options);
  using runs = new EdgeRuns(resolveTarget(model), transformer, prompts, metric);
  const progress = new Progress("The scoring", 1, options);
  const raw = yield* scorer.score(runs, options, progress);
  try {
    if (progress.done === 0) progress.tick(); // scorers of many runs have told of them
    const means: number[] = [];
    // After the scores: most scorers' runs have read the metric.
    for (const side of ["clean", "corrupt"] as const) {
      const read = yield* taken(tidy(() => mean(runs.metricOf(side))));
      means.push(read[0] ?? Number.NaN);
    }
    const { layout } = runs;
    const values = tidy(() => keptClone(scorer.of === "edges" ? mul(raw, maskOf(layout)) : raw));
    return scoresOf(values, layout, scorer, means);
  } finally {
    raw.dispose();
  }
}

function scoresOf(
  values: Tensor,
  { sources, destinations }: EdgeLayout,
  { of, name }: Scorer,
  [clean, corrupt]: readonly number[],
): CircuitScores {
  const source = sources.map((each) => each.name);
  const labels = of === "nodes" ? { source } : { source, destination: destinations.map((each) => each.name) };
  const dict = new TensorDict({
    values,
    axes: nonTensor(of === "nodes" ? ["source"] : ["source", "destination"]),
    labels: nonTensor(labels),
    clean: nonTensor(clean),
    corrupt: nonTensor(corrupt),
    scorer: nonTensor(name),
  });
  return dict as unknown as CircuitScores; // what it was made of
}

/** 1 where there is an edge, `[source, destination]`. */
function maskOf({ sources, destinations, isEdge }: EdgeLayout): Tensor {
  const mask = sources.flatMap((source) => destinations.map((to) => (isEdge(source, to) ? 1 : 0)));
  return tensor(mask, [sources.length, destinations.length], "float32");
}

function scorerOf(given: string | Scorer = "eap"): Scorer {
  const found = typeof given === "string" ? SCORERS.find(({ name }) => name === given) : given;
  const isScorer = typeof found === "object" && found !== null && typeof found.score === "function"; // plain JavaScript
  if (isScorer && typeof found.passes === "function") return found;
  const names = SCORERS.map(({ name }) => `"${name}"`).join(", ");
  throw optionWrong("scoreCircuit", "scorer", given, `one of ${names}, or { name, of, passes, score }`);
}

function checkSteps({ steps = 1, convention = "paper" }: ScorerOptions): void {
  if (!isCount(steps)) throw optionWrong("scoreCircuit", "steps", steps, countWords());
  if (convention !== "paper" && convention !== "code")
    throw optionWrong("scoreCircuit", "convention", convention, '"paper" or "code"');
}
