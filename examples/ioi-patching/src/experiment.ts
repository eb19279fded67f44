import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { type Pattern } from "@hookdict/core";
import { type TensorDict } from "@hookdict/tensordict";
import type { GPT2 } from "@hookdict/models";
import { gather, mul, reshape, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** Two prompts and the two tokens between which the model must choose. */
export interface Prompts {
  readonly clean: string;
  readonly corrupt: string;
  readonly answer: string;
  readonly wrong: string;
}

/** A number per layer and position, or per layer and head. */
export type Grid = readonly (readonly number[])[];

/** Everything the tables and the page show. Metrics are differences of logits: answer minus wrong, at the last position. */
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
}

/** Told after each forward pass: how many of how many are done. */
export type Progress = (done: number, total: number) => void;

const RESIDUAL = "blocks.*.hook_resid_pre";
const HEADS = "blocks.*.attn.hook_z";

/** Runs the experiment: one clean run, one run per patch, one backward pass. */
export function runExperiment(model: GPT2, prompts: Prompts, progress: Progress): Findings {
  using inputs = encode(model, prompts);
  const { clean, corrupt, metric } = inputs;
  const { nLayers, nHeads } = model.config;
  const positions = clean.shape[1] ?? 0;
  const total = nLayers * (positions + nHeads);
  let done = 0;

  using cached = new ActivationCaching([RESIDUAL, HEADS]).prepare(model);
  const cleanLogits = cached.call(clean);
  const cleanPrediction = likeliest(model, cleanLogits);
  const cleanMetric = read(metric(cleanLogits));
  cleanLogits.dispose();
  using source = cached.context.takeCache();
  cached.dispose();

  const patched = (layer: number, site: string, where: { positions: number } | { heads: number }): number => {
    using hooked = new ActivationPatching(`blocks.${layer}.${site}`, { source, ...where }).prepare(model);
    progress(++done, total);
    return read(metric(hooked.call(corrupt)));
  };
  const grid = (width: number, cell: (layer: number, column: number) => number): Grid =>
    range(nLayers).map((layer) => range(width).map((column) => cell(layer, column)));

  return {
    prompts,
    tokens: model.tokenLabels(prompts.clean),
    corruptTokens: model.tokenLabels(prompts.corrupt),
    cleanMetric,
    cleanPrediction,
    ...attribute(model, corrupt, metric, source),
    residual: grid(positions, (layer, at) => patched(layer, "hook_resid_pre", { positions: at })),
    heads: grid(nHeads, (layer, head) => patched(layer, "attn.hook_z", { heads: head })),
  };
}

/**
 * Attribution patching (Nanda 2023): (clean − corrupt) · gradient of the metric on the corrupt run, summed over what
 * one patch replaces. One forward and one backward pass estimate every patch at once.
 */
function attribute(
  model: GPT2,
  corrupt: Tensor,
  metric: (logits: Tensor) => Tensor,
  source: TensorDict,
): Pick<Findings, "corruptMetric" | "corruptPrediction" | "residualEstimate" | "headEstimate"> {
  const pattern: Pattern = [RESIDUAL, HEADS];
  using hooked = new ActivationCaching(pattern, { directions: ["fwd", "bwd"] }).prepare(model);
  let corruptMetric = Number.NaN;
  let corruptPrediction = "";
  hooked.backward(() => {
    const logits = model.call(corrupt);
    corruptPrediction = likeliest(model, logits);
    const loss = metric(logits);
    corruptMetric = read(loss.clone());
    return loss;
  });
  const estimate = (path: string, axes: number[]): number[] =>
    tidy(() => {
      const change = sub(source.get(["fwd", path]), hooked.cache.get(["fwd", path]));
      return values(sum(mul(change, hooked.cache.get(["bwd", path])), axes));
    });
  const layers = range(model.config.nLayers);
  return {
    corruptMetric,
    corruptPrediction,
    residualEstimate: layers.map((layer) => estimate(`blocks.${layer}.hook_resid_pre`, [0, 2])),
    headEstimate: layers.map((layer) => estimate(`blocks.${layer}.attn.hook_z`, [0, 1, 3])),
  };
}

interface Inputs extends Disposable {
  readonly clean: Tensor;
  readonly corrupt: Tensor;
  /** Logit of the answer minus logit of the wrong token, at the last position. */
  readonly metric: (logits: Tensor) => Tensor;
}

/** @throws Error in one line when the prompts cannot be compared or a token is not one token. */
function encode(model: GPT2, prompts: Prompts): Inputs {
  const answer = oneToken(model, prompts.answer);
  const wrong = oneToken(model, prompts.wrong);
  if (answer === wrong)
    throw new Error(`--answer and --wrong are the same token, ${JSON.stringify(prompts.answer)}.`);
  const lengths = [prompts.clean, prompts.corrupt].map((text) => model.tokenIds(text).length);
  if (lengths[0] !== lengths[1]) {
    throw new Error(
      `--clean has ${lengths[0]} tokens and --corrupt has ${lengths[1]}: patching by position needs equally many.`,
    );
  }
  const clean = model.tokens(prompts.clean);
  const corrupt = model.tokens(prompts.corrupt);
  return {
    clean,
    corrupt,
    metric: (logits) =>
      tidy(() => {
        const [, pos = 1, vocabulary = 1] = logits.shape;
        const rows = reshape(logits, [-1]);
        const start = (pos - 1) * vocabulary;
        const pick = (id: number): Tensor => reshape(gather(rows, [start + id]), []);
        return sub(pick(answer), pick(wrong));
      }),
    [Symbol.dispose]: () => {
      clean.dispose();
      corrupt.dispose();
    },
  };
}

/** The token as written or, for tokenizers whose words begin with a space, after one. */
function oneToken(model: GPT2, text: string): number {
  const [id, ...others] = model.tokenIds(` ${text}`, { prependBos: false, unknown: "allow" });
  const isWhole = id !== undefined && others.length === 0 && model.decode([id]).trim() === text.trim();
  return isWhole ? id : model.singleToken(text);
}

/** The token with the highest logit at the last position. **Ownership:** borrows. */
function likeliest(model: GPT2, logits: Tensor): string {
  const [, pos = 1, vocabulary = 1] = logits.shape;
  const last = [...logits.dataSync()].slice((pos - 1) * vocabulary, pos * vocabulary); // one prompt
  return model.decode([last.indexOf(Math.max(...last))]).trim();
}

/** Reads one number and frees its tensor. */
function read(tensor: Tensor): number {
  return values(tensor)[0] ?? Number.NaN;
}

function values(tensor: Tensor): number[] {
  const numbers = [...tensor.dataSync()];
  tensor.dispose();
  return numbers;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
