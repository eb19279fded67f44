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
} from "@hookdict/circuits";
import { ActivationCaching } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import { isHookdictError, type TensorDict } from "@hookdict/tensordict";
import { mul, reshape, slice, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { encode, type Inputs, labelsOf, type Prompts, textOf } from "./prompts.ts";

/** A number per layer and position, or per layer and head. */
export type Grid = readonly (readonly number[])[];

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
  /** Metric of the corrupt run with one `hook_resid_pre` entry taken from the clean run: `[layer][pos]`. */
  readonly residual: Grid;
  /** The same for one head's `attn.hook_z`: `[layer][head]`. */
  readonly heads: Grid;
  /** First-order estimates of how far those two move the metric from the corrupt run's. */
  readonly residualEstimate: Grid;
  readonly headEstimate: Grid;
  /** Or why a family has no paths of this kind. */
  readonly paths: Paths | { readonly reason: string };
}

/** Told while a sweep goes on: how many runs of how many are done. */
export type Progress = (done: number, total: number) => void;

const RESIDUAL = "blocks.*.hook_resid_pre";
const HEADS = "blocks.*.attn.hook_z";
const TABLES = ["resid_pre", "attn_head_out_all_pos"] as const;

/** Runs the experiment: a sweep over positions and heads, gradients, and the edges between heads and MLPs. */
export function runExperiment(model: Transformer, prompts: Prompts, progress: Progress): Findings {
  using inputs = encode(model, prompts);
  const metric = logitDifference(inputs.answer, inputs.wrong);
  using sweep = new PatchingSweep({ tables: patchTables(TABLES), metrics: metric }).prepare(model);
  using swept = sweep.sweep(inputs, { onProgress: ({ done, total }) => progress(done, total) });
  sweep.dispose();
  const baseline = (side: string): number =>
    swept.get<Tensor>(["baselines", side]).dataSync()[0] ?? Number.NaN;
  using cached = new ActivationCaching([RESIDUAL, HEADS]).prepare(model);
  const cleanPrediction = likeliest(model, cached.call(inputs.clean));
  using source = cached.context.takeCache();
  cached.dispose();
  return {
    prompts,
    tokens: labelsOf(model, prompts.clean),
    corruptTokens: labelsOf(model, prompts.corrupt),
    cleanMetric: baseline("clean"),
    corruptMetric: baseline("corrupt"),
    cleanPrediction,
    residual: gridOf(swept, TABLES[0]),
    heads: gridOf(swept, TABLES[1]),
    ...attribute(model, inputs.corrupt, metric, source),
    paths: pathsOf(model, inputs, metric),
  };
}

/** A table of a sweep with one pair and metric. */
function gridOf(swept: TensorDict, table: string): Grid {
  const values = swept.get<Tensor>([table, "values"]);
  const [width = 1] = values.shape.slice(-1);
  const all = [...values.dataSync()];
  return Array.from({ length: all.length / width }, (_, row) => all.slice(row * width, (row + 1) * width));
}

/**
 * Attribution patching (Nanda 2023): (clean − corrupt) · gradient of the metric on the corrupt run, summed over what
 * one patch replaces. One forward and one backward pass estimate every patch at once.
 */
function attribute(
  model: Transformer,
  corrupt: Tensor,
  metric: Metric,
  source: TensorDict,
): Pick<Findings, "corruptPrediction" | "residualEstimate" | "headEstimate"> {
  using hooked = new ActivationCaching([RESIDUAL, HEADS], { directions: ["fwd", "bwd"] }).prepare(model);
  let corruptPrediction = "";
  hooked.backward(() => {
    const logits = model.call(corrupt);
    corruptPrediction = likeliest(model, logits.clone());
    return sum(metric.of(lastOf(logits), [0]));
  });
  const estimate = (path: string, axes: number[]): number[] => {
    const change = tidy(() => {
      const moved = sub(source.get(["fwd", path]), hooked.cache.get(["fwd", path]));
      return sum(mul(moved, hooked.cache.get(["bwd", path])), axes);
    });
    const values = [...change.dataSync()];
    change.dispose();
    return values;
  };
  return {
    corruptPrediction,
    residualEstimate: model.blocks.map((_, layer) => estimate(`blocks.${layer}.hook_resid_pre`, [0, 2])),
    headEstimate: model.blocks.map((_, layer) => estimate(`blocks.${layer}.attn.hook_z`, [0, 1, 3])),
  };
}

/** Sizes that are tried, as shares of all edges, and how faithful a circuit must be. */
const SHARES = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32];
const FAITHFUL = 0.9;

/** The paths that matter: the smallest faithful circuit of the edges of the largest scores. */
function pathsOf(model: Transformer, inputs: Inputs, metric: Metric): Findings["paths"] {
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

/** Logits at the last position, `[1, dVocab]`. */
function lastOf(logits: Tensor): Tensor {
  const [, pos = 1, dVocab = 1] = logits.shape;
  return reshape(slice(logits, [0, pos - 1, 0], [1, 1, dVocab]), [1, dVocab]);
}

/** The token with the highest logit at the last position. **Ownership:** *takes* the logits. */
function likeliest(model: Transformer, logits: Tensor): string {
  const read = tidy(() => lastOf(logits));
  const last = [...read.dataSync()];
  for (const each of [read, logits]) each.dispose();
  return textOf(model, last.indexOf(Math.max(...last)));
}
