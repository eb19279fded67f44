import { type Hookable, resolveTarget } from "@hookdict/core";
import { transcoderPlaces, type Transcoders } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { mul, reshape, slice, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { notLinear, optionWrong } from "../errors.ts";
import { drive, driveAsync, Progress, taken, type Work } from "../runs/work.ts";
import { positionIndices } from "../stream/stack.ts";
import { transformerOf } from "../stream/stream-run.ts";
import { type AttributionGraph, type AttributionNode, nodeId } from "./graph.ts";
import { LinearModel } from "./linear-model.ts";
import { type AttributionOptions, type ReadAttributionOptions, readAttributionOptions } from "./options.ts";
import { Rows } from "./rows.ts";
import { type ActiveFeature, Sources } from "./sources.ts";
import { type LogitTarget, logitTargets } from "./targets.ts";

const WHAT = "attributionGraph";

/**
 * How a prompt's logits come about, in features of transcoders: which of them are active, what each adds to others and to the logits, and
 * how much is left to errors (Ameisen et al. 2025, "Circuit Tracing: Revealing Computational Graphs in Language Models"). Transcoders stand
 * in for MLPs, attention patterns and scales of norms stay those of the prompt: what is between features is linear then, and an edge is the
 * source's activation times the gradient of the target's. Transcoders are per layer or cross-layer.
 *
 * **Ownership:** *borrows* model, tokens and transcoders; returns plain data.
 *
 * @param tokens int32 `[1, pos]`
 * @throws UsageError `CIRCUIT_MODEL`, `CIRCUIT_OPTION`, `ATTRIBUTION_NOT_LINEAR`, `TRANSCODER_SITES`; ShapeError `CIRCUIT_POSITION`,
 * `CIRCUIT_TOKEN`, `DICTIONARY_WIDTH`; LifetimeError `CIRCUIT_ABORTED`; what the model throws.
 * @example no-run
 * using transcoders = await loadTranscoders("./gemma-scope-transcoders");
 * const graph = attributionGraph(model, tokens, { transcoders, withoutFeatures: [0] });
 * const { nodes, edges } = pruneAttributionGraph(graph);
 */
export function attributionGraph(
  model: Hookable,
  tokens: Tensor2D,
  options: AttributionOptions,
): AttributionGraph {
  return drive(attributed(model, tokens, options));
}

/** {@link attributionGraph} that lets other work in between its passes. **Ownership** and errors as there. */
export async function attributionGraphAsync(
  model: Hookable,
  tokens: Tensor2D,
  options: AttributionOptions,
): Promise<AttributionGraph> {
  return driveAsync(attributed(model, tokens, options));
}

function* attributed(model: Hookable, tokens: Tensor2D, given: AttributionOptions): Work<AttributionGraph> {
  const transformer = transformerOf(model, WHAT);
  const options = readAttributionOptions(WHAT, given);
  const target = resolveTarget(model);
  const paths = pathsOf(model, transformer, options);
  const raw: unknown = tokens; // plain JavaScript gives anything
  if (!isTensor(raw) || raw.rank !== 2 || raw.shape[0] !== 1)
    throw optionWrong(WHAT, "tokens", raw, "the tokens of one prompt, int32 [1, pos]");
  const { transcoders, withoutFeatures } = options;
  const pos = raw.shape[1] ?? 0;
  const without = withoutFeatures.length === 0 ? [] : positionIndices(withoutFeatures, pos);
  using linear = new LinearModel(target, transformer, tokens, { transcoders, paths, without });
  const [position = 0] = positionIndices(options.position, linear.pos);
  const values = featureValues(linear, transcoders);
  try {
    const features = yield* activeFeatures(values);
    const logits = yield* chosenLogits(linear, position, options);
    using sources = new Sources(linear, transcoders, features, values);
    using rows = new Rows(linear, transcoders, sources, { features, logits, position });
    const count = Math.min(options.maxFeatures ?? features.length, features.length);
    const passes = rows.passes(count, options.batchSize);
    const progress = new Progress("The attribution", passes, options);
    const chosen = yield* rows.compute(count, options.batchSize, progress);
    const ids = yield* taken(tokens.clone());
    return graphOf(linear, rows, { features, chosen, logits, position, tokens: Array.from(ids) });
  } finally {
    for (const value of values) value.dispose();
  }
}

function pathsOf(
  model: Hookable,
  { blocks, config }: Transformer,
  { transcoders, input, output }: ReadAttributionOptions,
): { input: string; output: string }[] {
  const places = transcoderPlaces(model, transcoders, { input, output });
  const refuse = (reason: string): Error => notLinear(config.modelType, reason);
  if (places.length !== blocks.length)
    throw refuse(`the MLPs of ${blocks.length} layers are replaced by transcoders of ${places.length}`);
  if (config.head.mlm !== undefined) throw refuse("an activation stands before its unembedding");
  if (config.blocks.some(({ attention }) => attention.clip !== undefined))
    throw refuse("its values are clipped");
  const odd = transcoders.layers.find((layer) => layer.config.normalization !== "none");
  if (odd !== undefined) throw refuse("its transcoders normalize rows");
  return places.map((place) => ({ input: place.input.path, output: place.output.path }));
}

/** Features of every layer, `[1, pos, dSae]`, 0 at positions without. **Ownership:** *returns owned*. */
function featureValues(linear: LinearModel, transcoders: Transcoders): Tensor[] {
  return tidy(() => {
    const mask = linear.partOfTranscoders();
    const values = transcoders.encode(transcoders.layers.map((_, layer) => linear.read(layer)));
    return values.map((value) => keptClone(mul(value, mask)));
  });
}

function* activeFeatures(values: readonly Tensor[]): Work<ActiveFeature[]> {
  const found: ActiveFeature[] = [];
  for (const [layer, value] of values.entries()) {
    const [, , dSae = 1] = value.shape;
    const read = yield value;
    for (let at = 0; at < read.length; at++) {
      const activation = read[at] ?? 0;
      if (activation !== 0)
        found.push({ layer, position: Math.floor(at / dSae), feature: at % dSae, activation });
    }
  }
  return found;
}

function* chosenLogits(
  linear: LinearModel,
  position: number,
  options: ReadAttributionOptions,
): Work<LogitTarget[]> {
  const [, , dVocab = 1] = linear.logits.shape;
  const logits = yield* taken(
    tidy(() => reshape(slice(linear.logits, [0, position, 0], [1, 1, dVocab]), [dVocab])),
  );
  const { maxLogits: most, logitProbability: probability } = options;
  return logitTargets(logits, options.logits ?? { most, probability });
}

interface Found {
  readonly features: readonly ActiveFeature[];
  readonly chosen: readonly number[];
  readonly logits: readonly LogitTarget[];
  readonly position: number;
  readonly tokens: readonly number[];
}

function graphOf(linear: LinearModel, rows: Rows, found: Found): AttributionGraph {
  const { layers, pos } = linear;
  const { features, chosen, logits, position, tokens } = found;
  const nodes: AttributionNode[] = chosen.map((at) => {
    const each = features[at] as ActiveFeature; // chosen from them
    const id = nodeId.feature(each.layer, each.feature, each.position);
    return { id, kind: "feature", ...each, bias: rows.bias(at) };
  });
  for (let layer = 0; layer < layers; layer++)
    for (let at = 0; at < pos; at++)
      nodes.push({ id: nodeId.error(layer, at), kind: "error", layer, position: at });
  tokens.forEach((token, at) =>
    nodes.push({ id: nodeId.token(token, at), kind: "token", layer: -1, position: at, token }),
  );
  logits.forEach(({ token, probability }, at) => {
    const id = nodeId.logit(layers, token, position);
    const [activation, bias] = [rows.logitActivation(at), rows.bias(features.length + at)];
    nodes.push({ id, kind: "logit", layer: layers, position, token, probability, activation, bias });
  });
  return {
    tokens,
    layers,
    nodes,
    counts: { features: chosen.length, errors: layers * pos, tokens: pos, logits: logits.length },
    activeFeatures: features.length,
    weights: rows.weights(chosen),
  };
}
