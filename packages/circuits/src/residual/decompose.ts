import type { Transformer } from "@hookdict/models";
import { sub, sum } from "@tensorflow/tfjs-core";
import { optionWrong, partAbsent } from "../errors.ts";
import type { Labelled } from "../stream/stack.ts";
import type { StreamRun } from "../stream/stream-run.ts";
import { type Group, reading, type Reading, type StackOptions, stackOf } from "./options.ts";
import { biasPart, embedParts, headParts, joinParts, neuronParts, sitePart } from "./parts.ts";
import { checkArgument } from "@hookdict/tensordict";

/** Options of {@link accumulatedResidual}. */
export interface AccumulatedOptions extends StackOptions {
  /** The stream between attention and MLP of each layer, too. Default `false`. */
  readonly includeMid?: boolean;
}

/**
 * The residual stream before each layer up to one, and what that one reads: `values` `[component, batch, pos, dModel]`
 * with labels `0_pre`, `0_mid`, ..., `final_post`. With `norm: "recomputed"` at the last layer this is the logit lens's input.
 *
 * **Ownership:** *borrows* the run; *returns owned*.
 *
 * @throws UsageError `STREAM_NO_SUM`, `CIRCUIT_OPTION`, `CIRCUIT_PART` for `includeMid` where attention and MLP are parallel;
 * ShapeError `CIRCUIT_POSITION`; MatchError `CAPTURE_MISSING`.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const tokens = model.tokens("When Mary and John");
 * using run = captureStream(model, tokens);
 * using stack = accumulatedResidual(run, { positions: -1 });
 * stack.get("labels"); // => { component: ["0_pre", "1_pre", "2_pre", "3_pre", "final_post"] }
 * tokens.dispose();
 */
export function accumulatedResidual(run: StreamRun, options: AccumulatedOptions = {}): Labelled {
  const read = reading("accumulatedResidual", run, options, ["includeMid"]);
  const { blocks, config } = run.model;
  const isParallel = config.blocks.some(({ order }) => order === "parallel");
  if (options.includeMid === true && isParallel)
    throw partAbsent("The stream between attention and MLP", config.modelType, "they read the same stream");
  const mid = (layer: number): Group => sitePart(`${layer}_mid`, `blocks.${layer}.hook_resid_mid`);
  const groups: Group[] = [];
  for (let layer = 0; layer <= Math.min(read.layer, blocks.length - 1); layer++) {
    groups.push(sitePart(`${layer}_pre`, `blocks.${layer}.hook_resid_pre`));
    const isBefore = options.includeMid === true && layer < read.layer;
    if (isBefore || (options.mlpInput === true && layer === read.layer && !isParallel))
      groups.push(mid(layer));
  }
  if (read.layer === blocks.length)
    groups.push(sitePart("final_post", `blocks.${blocks.length - 1}.hook_resid_post`));
  return stackOf(read, groups, joinParts);
}

/** Options of {@link decomposedResidual}. */
export interface DecomposedOptions extends StackOptions {
  /** What layers add: attention and MLP, or one of them. Default `"all"`. */
  readonly mode?: "all" | "attention" | "mlp";
  /** Whether embeddings are components. Default `true`. */
  readonly includeEmbeddings?: boolean;
}

/**
 * What the residual stream before a layer is the sum of: embeddings, and what attention and MLP of each layer add.
 * Labels `embed`, `pos_embed`, `0_attn_out`, `0_mlp_out`, ....
 *
 * **Ownership:** *borrows* the run; *returns owned*.
 *
 * @throws as {@link accumulatedResidual}.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const tokens = model.tokens("When Mary");
 * using run = captureStream(model, tokens);
 * using parts = decomposedResidual(run, { layer: 1 });
 * parts.get("labels"); // => { component: ["embed", "pos_embed", "0_attn_out", "0_mlp_out"] }
 * tokens.dispose();
 */
export function decomposedResidual(run: StreamRun, options: DecomposedOptions = {}): Labelled {
  const read = reading("decomposedResidual", run, options, ["mode", "includeEmbeddings"]);
  const { mode = "all", includeEmbeddings = true, mlpInput = false } = options;
  if (!["all", "attention", "mlp"].includes(mode))
    throw optionWrong("decomposedResidual", "mode", mode, '"all", "attention" or "mlp"');
  const groups = includeEmbeddings ? embedParts(run) : [];
  for (let layer = 0; layer < attentionsBefore(read, mlpInput); layer++) {
    if (mode !== "mlp") groups.push(sitePart(`${layer}_attn_out`, `blocks.${layer}.hook_attn_out`));
    if (mode !== "attention" && layer < read.layer)
      groups.push(sitePart(`${layer}_mlp_out`, `blocks.${layer}.hook_mlp_out`));
  }
  if (groups.length === 0) throw nothingBefore("decomposedResidual", read.layer);
  return stackOf(read, groups, joinParts);
}

/** Attention of so many layers stands in the stream. */
function attentionsBefore({ layer, run }: Reading, mlpInput: boolean): number {
  const isAfter = mlpInput && run.model.config.blocks[layer]?.order !== "parallel";
  return isAfter ? layer + 1 : layer;
}

/** Options of {@link headResults}. */
export interface HeadResultsOptions extends StackOptions {
  /** A last component: what the stream has besides the heads. Default `false`. */
  readonly includeRemainder?: boolean;
}

/**
 * What each attention head adds to the stream before a layer: `z W_O`, sent through the norm and the factor that some
 * families have behind attention. Labels `L0H0`, `L0H1`, ..., perhaps `remainder`.
 *
 * **Ownership:** *borrows* the run; *returns owned*.
 *
 * @throws as {@link accumulatedResidual}; `CIRCUIT_OPTION` for layer 0, before which there are no heads.
 */
export function headResults(run: StreamRun, options: HeadResultsOptions = {}): Labelled {
  const read = reading("headResults", run, options, ["includeRemainder"]);
  const count = attentionsBefore(read, options.mlpInput ?? false);
  if (count === 0) throw nothingBefore("headResults", read.layer);
  const groups = headGroups(run.model, count);
  if (options.includeRemainder !== true) return stackOf(read, groups, joinParts);
  const stream = streamPart("remainder", run.model, read);
  const plain: Reading = { ...read, finish: (x) => x };
  const rest: Group = {
    labels: ["remainder"],
    make: () =>
      read.finish(
        groups.reduce((left, group) => sub(left, sum(group.make(plain), 0, true)), stream.make(plain)),
      ),
  };
  return stackOf(read, [...groups, rest], joinParts);
}

function headGroups(model: Transformer, layers: number): Group[] {
  return model.config.blocks.slice(0, layers).map(({ attention }, i) => headParts(i, attention.nHeads));
}

/** The whole stream that is read. */
function streamPart(label: string, model: Transformer, { layer, mlpInput = false }: Reading): Group {
  const count = model.blocks.length;
  if (layer === count) return sitePart(label, `blocks.${count - 1}.hook_resid_post`);
  const isMid = mlpInput && model.config.blocks[layer]?.order !== "parallel";
  return sitePart(label, `blocks.${layer}.${isMid ? "hook_resid_mid" : "hook_resid_pre"}`);
}

/** Options of {@link neuronResults}. */
export interface NeuronResultsOptions extends StackOptions {
  /** Only these neurons of each layer. */
  readonly neurons?: readonly number[];
}

/**
 * What each neuron adds to the stream before a layer: `hook_post` times its row of `W_out`. Labels `L0N0`, `L0N1`, ....
 * That is a large tensor; with `projectOnto` the products are made without it.
 *
 * **Ownership:** *borrows* the run; *returns owned*.
 *
 * @throws as {@link headResults}; `CIRCUIT_PART` for experts.
 */
export function neuronResults(run: StreamRun, options: NeuronResultsOptions = {}): Labelled {
  const read = reading("neuronResults", run, options, ["neurons"]);
  if (read.layer === 0) throw nothingBefore("neuronResults", 0);
  checkArgument("neuronResults", "neurons", options.neurons, "a list of finite numbers?");
  const groups = Array.from({ length: read.layer }, (_, layer) =>
    neuronParts(run.model, layer, options.neurons),
  );
  return stackOf(read, groups, joinParts);
}

/** Options of {@link fullDecomposition}. */
export interface FullDecompositionOptions extends StackOptions {
  /** Neurons in place of whole MLPs. Default `false`. */
  readonly expandNeurons?: boolean;
}

/**
 * Everything that the stream before a layer is the sum of: heads, neurons or MLPs, embeddings, and all biases as one.
 *
 * **Ownership:** *borrows* the run; *returns owned*.
 *
 * @throws as {@link accumulatedResidual}; `CIRCUIT_PART` for neurons of experts.
 */
export function fullDecomposition(run: StreamRun, options: FullDecompositionOptions = {}): Labelled {
  const read = reading("fullDecomposition", run, options, ["expandNeurons"]);
  const expandNeurons = options.expandNeurons ?? false;
  const heads = attentionsBefore(read, options.mlpInput ?? false);
  const mlps = Array.from({ length: read.layer }, (_, layer) =>
    expandNeurons
      ? neuronParts(run.model, layer)
      : sitePart(`${layer}_mlp_out`, `blocks.${layer}.hook_mlp_out`),
  );
  const bias = biasPart(run, heads, expandNeurons ? read.layer : 0);
  return stackOf(read, [...headGroups(run.model, heads), ...mlps, ...embedParts(run), bias], joinParts);
}

function nothingBefore(what: string, layer: number): Error {
  return optionWrong(what, "layer", layer, "a later layer: nothing was added before this one");
}
