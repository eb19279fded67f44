import {
  type Circuit,
  type CircuitPath,
  faithfulnessCurve,
  logitDifference,
  type Metric,
  PatchingSweep,
  patchTables,
  pruneCircuit,
  scoreCircuit,
  strongestPaths,
  sweepStatistics,
} from "@hookdict/circuits";
import { ActivationCaching } from "@hookdict/latent";
import { Transformer } from "@hookdict/models";
import { isHookdictError, type TensorDict } from "@hookdict/tensordict";
import { mul, reshape, slice, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type Decoder, encode, labelsOf, pairsLike, type Prompts, textOf } from "./prompts.ts";

/** A number per layer and position, or per layer and head. */
export type Grid = readonly (readonly number[])[];

/** Means over the pairs of prompts and, where there are several, the interval that holds 95 % of means of pairs drawn anew. */
export interface Measured {
  readonly mean: Grid;
  readonly low?: Grid;
  readonly high?: Grid;
}

/** The smallest circuit that was found faithful enough, and the ways through it. */
export interface Paths {
  readonly circuit: Circuit;
  /** 1 for the whole model, 0 for none of it. */
  readonly faithfulness: number;
  /** How many edges the model has. */
  readonly total: number;
  readonly strongest: readonly CircuitPath[];
}

/** Everything the story and the page show. Metrics are differences of logits: answer minus wrong, at the last position. */
export interface Findings {
  readonly prompts: Prompts;
  readonly tokens: readonly string[];
  readonly corruptTokens: readonly string[];
  /** The token that the model holds likeliest after each prompt, whatever it was asked. */
  readonly cleanPrediction: string;
  readonly corruptPrediction: string;
  readonly cleanMetric: number;
  readonly corruptMetric: number;
  /** How many pairs of prompts were patched, and the seed of their names. */
  readonly pairs: number;
  readonly seed: number;
  /** The metric's mean over these, of clean and of corrupt runs. */
  readonly means: { readonly clean: number; readonly corrupt: number };
  /** Metric of the corrupt run with one `hook_resid_pre` entry taken from the clean run: `[layer][pos]`. */
  readonly residual: Measured;
  /** First-order estimates of how far those move the metric from the corrupt run's. */
  readonly residualEstimate: Grid;
  /** The same for one head's `attn.hook_z`: `[layer][head]`; none where a model has no heads. */
  readonly heads?: { readonly measured: Measured; readonly estimate: Grid };
  /** Or why a family has no paths of this kind. */
  readonly paths: Paths | { readonly reason: string };
}

/** Told while a sweep goes on: how many runs of how many are done. */
export type Progress = (done: number, total: number) => void;

const RESIDUAL = "blocks.*.hook_resid_pre";
const HEADS = "blocks.*.attn.hook_z";
const POSITIONS = "resid_pre";
const BY_HEADS = "attn_head_out_all_pos";

/** What is asked: prompts, and how many pairs like them. */
export interface Question extends Prompts {
  readonly pairs: number;
  readonly seed: number;
}

/** Runs the experiment: a sweep over positions and heads, gradients, and the edges between heads and MLPs. */
export function runExperiment(model: Decoder, question: Question, progress: Progress): Findings {
  const pairs = pairsLike(model, question, question.pairs, question.seed);
  using inputs = encode(model, pairs);
  const metric = logitDifference(inputs.answer, inputs.wrong);
  const hasHeads = model instanceof Transformer;
  const tables = patchTables(hasHeads ? [POSITIONS, BY_HEADS] : [POSITIONS]);
  using sweep = new PatchingSweep({ tables, metrics: metric }).prepare(model);
  using swept = sweep.sweep(inputs, { onProgress: ({ done, total }) => progress(done, total) });
  sweep.dispose();
  const baselines = (side: string): number[] => [...swept.get<Tensor>(["baselines", side]).dataSync()];
  const mean = (values: readonly number[]): number =>
    values.reduce((all, each) => all + each, 0) / values.length;
  const sites = hasHeads ? [RESIDUAL, HEADS] : [RESIDUAL];
  using cached = new ActivationCaching(sites).prepare(model);
  const cleanPrediction = likeliest(model, cached.call(inputs.clean));
  using source = cached.context.takeCache();
  cached.dispose();
  const [clean, corrupt] = [baselines("clean"), baselines("corrupt")];
  const measured = (table: string): Measured => measuredOf(swept, table, mean(corrupt), question.seed);
  const { headEstimate, ...estimated } = attribute(model, inputs.corrupt, metric, source, sites);
  return {
    prompts: question,
    tokens: labelsOf(model, question.clean),
    corruptTokens: labelsOf(model, question.corrupt),
    cleanMetric: clean[0] ?? Number.NaN,
    corruptMetric: corrupt[0] ?? Number.NaN,
    pairs: pairs.length,
    seed: question.seed,
    means: { clean: mean(clean), corrupt: mean(corrupt) },
    cleanPrediction,
    residual: measured(POSITIONS),
    ...estimated,
    ...(hasHeads && { heads: { measured: measured(BY_HEADS), estimate: headEstimate } }),
    paths: pathsOf(model, question),
  };
}

/** A table of a sweep with one metric: means and intervals over its pairs. */
function measuredOf(swept: TensorDict, table: string, base: number, seed: number): Measured {
  const { shape } = swept.get<Tensor>([table, "values"]);
  const [width = 1, pairs = 1] = [shape.at(-1), shape[1]];
  const cells = sweepStatistics(swept, table, { seed });
  const grid = (of: (cell: (typeof cells)[number]) => number): Grid =>
    Array.from({ length: cells.length / width }, (_, row) =>
      cells.slice(row * width, (row + 1) * width).map(of),
    );
  return {
    mean: grid(({ mean }) => mean),
    ...(pairs > 1 && {
      low: grid(({ interval: [low] }) => base + low),
      high: grid(({ interval: [, high] }) => base + high),
    }),
  };
}

/**
 * Attribution patching (Nanda 2023): (clean − corrupt) · gradient of the metric on the corrupt run, summed over what
 * one patch replaces; the mean over the pairs. One forward and one backward pass estimate every patch at once.
 */
function attribute(
  model: Decoder,
  corrupt: Tensor,
  metric: Metric,
  source: TensorDict,
  sites: readonly string[],
): Pick<Findings, "corruptPrediction" | "residualEstimate"> & { readonly headEstimate: Grid } {
  using hooked = new ActivationCaching(sites, { directions: ["fwd", "bwd"] }).prepare(model);
  const [pairs = 1] = corrupt.shape;
  const each = Array.from({ length: pairs }, (_, i) => i);
  let corruptPrediction = "";
  hooked.backward(() => {
    const logits = model.call(corrupt);
    corruptPrediction = likeliest(model, logits.clone());
    return sum(metric.of(lastOf(logits), each));
  });
  const estimate = (path: string, axes: number[]): number[] => {
    const change = tidy(() => {
      const moved = sub(source.get(["fwd", path]), hooked.cache.get(["fwd", path]));
      return sum(mul(moved, hooked.cache.get(["bwd", path])), axes);
    });
    const values = [...change.dataSync()];
    change.dispose();
    return values.map((value) => value / pairs);
  };
  return {
    corruptPrediction,
    residualEstimate: model.blocks.map((_, layer) => estimate(`blocks.${layer}.hook_resid_pre`, [0, 2])),
    headEstimate: sites.includes(HEADS)
      ? model.blocks.map((_, layer) => estimate(`blocks.${layer}.attn.hook_z`, [0, 1, 3]))
      : [],
  };
}

/** Sizes that are tried, as shares of all edges, and how faithful a circuit must be. */
const SHARES = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32];
const FAITHFUL = 0.9;

/** The paths that matter for the pair that was asked for: the smallest faithful circuit of the edges of the largest scores. */
function pathsOf(model: Decoder, prompts: Prompts): Findings["paths"] {
  if (!(model instanceof Transformer)) return { reason: "the model goes on by states, and has none." };
  using inputs = encode(model, [prompts]);
  const metric = logitDifference(inputs.answer, inputs.wrong);
  try {
    using scores = scoreCircuit(model, inputs, { metric, scorer: "eap-ig" });
    const total = scores
      .get("values")
      .dataSync()
      .filter((score: number) => score !== 0).length;
    const sizes = SHARES.map((share) => Math.max(1, Math.round(share * total)));
    const curve = faithfulnessCurve(model, inputs, scores, { metric, sizes });
    const enough = curve.findIndex((each) => each.faithfulness >= FAITHFUL);
    const at = enough < 0 ? sizes.length - 1 : enough;
    const circuit = pruneCircuit(scores, { size: sizes[at] ?? 1 });
    const faithfulness = curve[at]?.faithfulness ?? Number.NaN;
    return { circuit, faithfulness, total, strongest: strongestPaths(circuit) };
  } catch (error) {
    if (isHookdictError(error) && error.code === "STREAM_NO_SUM") return { reason: error.message };
    throw error;
  }
}

/** Logits at the last position, `[pair, dVocab]`. */
function lastOf(logits: Tensor): Tensor {
  const [pairs = 1, pos = 1, dVocab = 1] = logits.shape;
  return reshape(slice(logits, [0, pos - 1, 0], [pairs, 1, dVocab]), [pairs, dVocab]);
}

/** The token with the highest logit at the last position of the first pair. **Ownership:** *takes* the logits. */
function likeliest(model: Decoder, logits: Tensor): string {
  const read = tidy(() => lastOf(logits));
  const last = [...read.dataSync().subarray(0, read.shape[1])];
  for (const each of [read, logits]) each.dispose();
  return textOf(model, last.indexOf(Math.max(...last)));
}
