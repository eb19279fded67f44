import type { Transformer } from "@hookdict/models";
import { checkArgument, checkOptionNames, isTensorDict } from "@hookdict/tensordict";
import { checkDict } from "../arguments.ts";
import {
  div,
  expandDims,
  gather,
  matMul,
  mul,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor1d,
  transpose,
} from "@tensorflow/tfjs-core";
import { optionWrong, stackShape, tokenOutside, tokensShape } from "../errors.ts";
import { centred, finalNorm, scaleIn } from "../stream/norms.ts";
import { atPositions, labelled, type Labelled } from "../stream/stack.ts";
import { checkRun, type StreamRun } from "../stream/stream-run.ts";
import { decomposedResidual, headResults } from "./decompose.ts";

/** Tokens by id: one for all rows of a batch, or one for each. */
export type TokenIds = number | readonly number[];

/** Options of {@link logitAttributions}. */
export interface LogitAttributionOptions {
  /** The tokens whose logits are explained. */
  readonly tokens: TokenIds;
  /** Tokens whose logits are taken off: differences of logits are explained then. */
  readonly wrong?: TokenIds;
  /**
   * The position at which the head reads the stack: its norm's scale is taken for all components. Needed for a stack
   * without an axis of positions; with one, each position is otherwise read where it stands.
   */
  readonly position?: number;
  /** Whether the last norm's gain counts. Default `true`; TransformerLens counts it only where it was folded away. */
  readonly includeGain?: boolean;
}

const ATTRIBUTION_OPTIONS = ["tokens", "wrong", "position", "includeGain"];

/**
 * How much each component of a stack adds to a logit, or to the difference of two: through the last norm at the scale that the
 * run had, its gain, and the unembedding. With the biases of norm and unembedding, which belong to no component, the
 * components of a whole decomposition add up to the logit (before a cap, where a family caps its logits).
 *
 * **Ownership:** *borrows* both; *returns owned*: `values` `[component, batch, pos]`.
 *
 * @param stack A result of the decompositions without `norm`, or a tensor `[component, batch, pos, dModel]`, with the option
 * `position` `[component, batch, dModel]`.
 * @throws ShapeError `CIRCUIT_STACK`, `CIRCUIT_TOKEN`, `CIRCUIT_TOKENS`, `CIRCUIT_POSITION`; UsageError `CIRCUIT_OPTION`.
 */
export function logitAttributions(
  run: StreamRun,
  stack: Labelled | Tensor,
  options: LogitAttributionOptions,
): Labelled {
  checkRun("logitAttributions", run);
  checkOptionNames("logitAttributions", options, ATTRIBUTION_OPTIONS);
  if (isTensorDict(stack)) checkDict("logitAttributions", "stack", stack);
  const dict = isTensorDict(stack) ? (stack as Labelled) : undefined; // what it was declared as
  const values = dict === undefined ? (stack as Tensor) : dict.get("values"); // by elimination
  checkArgument("logitAttributions", "stack", values, "a tensor of numbers");
  const { position } = options;
  if (position !== undefined && !Number.isInteger(position))
    throw optionWrong("logitAttributions", "position", position, "a whole number");
  const isWhole = values.rank === 4;
  if (
    !(isWhole || (values.rank === 3 && position !== undefined)) ||
    values.shape.at(-1) !== run.model.config.dModel
  )
    throw stackShape(values.shape, run.model.config.dModel);
  const labels = dict?.get("labels") ?? {};
  return labelled(
    () => {
      const directions = tokenDirections(run.model, options, values.shape[1] ?? 1); // [batch, dModel]
      const norm = finalNorm(run.model);
      const [components = 0, batch = 1] = values.shape;
      const pos = isWhole ? (values.shape[2] ?? 1) : 1;
      let x = values;
      if (norm !== undefined) {
        const all = scaleIn(run, norm);
        const isFit = batch === all.shape[0] && (position !== undefined || pos === all.shape[1]);
        if (!isFit) throw stackShape(values.shape, run.model.config.dModel);
        const scale = atPositions(all, position, 1);
        x = div(centred(values, norm), position !== undefined && isWhole ? expandDims(scale, 1) : scale);
      }
      const wide = reshape(directions, [1, batch, 1, -1]);
      const products = sum(mul(reshape(x, [components, batch, pos, -1]), wide), -1);
      return isWhole ? products : reshape(products, [components, batch]);
    },
    { axes: isWhole ? ["component", "batch", "pos"] : ["component", "batch"], labels },
  );
}

/** What a normed component is multiplied by, gain included, `[batch, dModel]`. New tensors belong to the scope. */
export function tokenDirections(
  model: Transformer,
  { tokens, wrong, includeGain = true }: LogitAttributionOptions,
  batch: number,
): Tensor {
  const right = unembeddingOf(model, tokens, batch);
  const direction = wrong === undefined ? right : sub(right, unembeddingOf(model, wrong, batch));
  const scaled = model.config.head.scale === undefined ? direction : mul(direction, model.config.head.scale);
  const gain = finalNorm(model)?.gain;
  const { project_out: projection } = model;
  const read = projection === undefined ? scaled : matMul(scaled, transpose(projection.weight));
  return gain === undefined || !includeGain ? read : mul(read, gain);
}

function unembeddingOf(model: Transformer, tokens: TokenIds, batch: number): Tensor {
  const ids = idsOf(tokens, batch, model.config.dVocab);
  return gather(model.unembed.weight, tensor1d(ids, "int32"));
}

function idsOf(tokens: TokenIds, batch: number, dVocab: number): number[] {
  if (typeof tokens !== "number" && !Array.isArray(tokens))
    throw optionWrong("logitAttributions", "tokens", tokens, "the id of a token, or one for each row");
  const ids = typeof tokens === "number" ? Array.from({ length: batch }, () => tokens) : [...tokens];
  if (ids.length !== batch) throw tokensShape(`${ids.length} tokens`, batch);
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= dVocab);
  if (wrong !== undefined) throw tokenOutside(wrong, dVocab);
  return ids;
}

/** Options of {@link directLogitAttribution}. */
export interface DirectLogitOptions extends LogitAttributionOptions {
  /** Whole layers, or their heads with the rest as one. Default `"layers"`. */
  readonly by?: "layers" | "heads";
}

/**
 * Direct logit attribution: how much what layers, or heads, add to the stream adds to a logit at each position, or at one.
 *
 * **Ownership:** *borrows* the run; *returns owned*: `values` `[component, batch, pos]`.
 *
 * @throws as {@link logitAttributions} and {@link decomposedResidual}.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const tokens = model.tokens("When Mary and John went to the store , John gave a drink to");
 * using run = captureStream(model, tokens);
 * const [right, wrong] = ["Mary", "John"].map((name) => model.tokenizer.single(name));
 * using found = directLogitAttribution(run, { tokens: right ?? 0, wrong: wrong ?? 0, position: -1 });
 * found.get("values").shape; // => [10, 1]
 * tokens.dispose();
 */
export function directLogitAttribution(run: StreamRun, options: DirectLogitOptions): Labelled {
  checkRun("directLogitAttribution", run);
  checkOptionNames("directLogitAttribution", options, [...ATTRIBUTION_OPTIONS, "by"]);
  const { by = "layers", position } = options;
  if (by !== "layers" && by !== "heads")
    throw optionWrong("directLogitAttribution", "by", by, '"layers" or "heads"');
  const where = position === undefined ? {} : { positions: position };
  using stack =
    by === "layers" ? decomposedResidual(run, where) : headResults(run, { ...where, includeRemainder: true });
  const { by: _, ...rest } = options;
  return logitAttributions(run, stack, rest);
}
