import { checkArgument, checkOptionNames, nonTensor, TensorDict } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import type { Transformer } from "@hookdict/models";
import {
  add,
  cast,
  concat,
  div,
  exp,
  expandDims,
  gather,
  greater,
  log,
  matMul,
  max,
  maximum,
  mul,
  reshape,
  slice,
  sub,
  sum,
  tanh,
  type Tensor,
  type Tensor2D,
  tensor,
  tidy,
  topk,
} from "@tensorflow/tfjs-core";
import { optionWrong, tokenOutside } from "../errors.ts";
import { finalNorm, wholeNorm } from "../stream/norms.ts";
import type { Labelled } from "../stream/stack.ts";
import { checkRun, type StreamRun } from "../stream/stream-run.ts";
import { accumulatedResidual, type AccumulatedOptions } from "./decompose.ts";

/** Options of {@link logitLens}. */
export interface LogitLensOptions extends Pick<AccumulatedOptions, "includeMid" | "positions"> {
  /** How many of the likeliest tokens are told. Default 5. */
  readonly topK?: number;
  /** Tokens whose ranks and log-probabilities are told. */
  readonly tokens?: readonly number[];
  /** Tokens of the vocabulary that are unembedded at once. Default all; the result does not depend on it. */
  readonly chunk?: number;
  /** Whether all logits are given, `logits` `[component, batch, pos, dVocab]`. Default `false`. */
  readonly keepLogits?: boolean;
  /**
   * A tuned lens: what becomes of the stream `[batch, pos, dModel]` at a component before it is read by the last norm
   * (Belrose et al. 2023, arXiv 2303.08112). `label` is the component's, such as `"2_pre"`. *Borrows*; what it makes belongs to the scope.
   */
  readonly translate?: (stream: Tensor, label: string) => Tensor;
}

const LENS_OPTIONS = ["includeMid", "positions", "topK", "tokens", "chunk", "keepLogits", "translate"];

/** What a lens saw: tensors `[component, batch, pos, ...]` with axes and labels. */
export type LensResult = TensorDict<{
  /** int32 `[..., topK]`: the likeliest tokens, likeliest first. */
  topTokens: Tensor;
  topLogProbs: Tensor;
  /** Of the distribution over tokens, in nats. */
  entropy: Tensor;
  /** int32 `[..., token]`: how many tokens are likelier than each of the option `tokens`. */
  ranks: Tensor;
  logProbs: Tensor;
  logits: Tensor;
  axes: string[];
  labels: Record<string, string[]>;
}>;

/**
 * The logit lens (nostalgebraist 2020): what the model would say if it ended at each layer. The stream goes through the last
 * norm, computed anew, and the unembedding; the vocabulary may be gone through in pieces.
 *
 * **Ownership:** *borrows* the run; *returns owned*. `ranks` and `logProbs` are there with the option `tokens`, `logits` with
 * `keepLogits`.
 *
 * @throws UsageError `STREAM_NO_SUM`, `CIRCUIT_OPTION`; ShapeError `CIRCUIT_TOKEN`, `CIRCUIT_POSITION`; MatchError
 * `CAPTURE_MISSING`.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const tokens = model.tokens("When Mary and John went to the store , John gave a drink to");
 * using run = captureStream(model, tokens);
 * using lens = logitLens(run, { positions: -1, topK: 1, tokens: [model.tokenizer.single("Mary")] });
 * Array.from(lens.get("ranks").dataSync()).at(-1); // => 0
 * tokens.dispose();
 */
export function logitLens(run: StreamRun, options: LogitLensOptions = {}): LensResult {
  checkRun("logitLens", run);
  checkOptionNames("logitLens", options, LENS_OPTIONS);
  checkArgument("logitLens", "tokens", options.tokens, "a list?");
  checkArgument("logitLens", "translate", options.translate, "a function?");
  const { config } = run.model;
  const {
    topK = 5,
    tokens = [],
    chunk = config.dVocab,
    keepLogits = false,
    translate,
    ...stackOptions
  } = options;
  const whole = (value: unknown, most: number): boolean =>
    Number.isInteger(value) && (value as number) > 0 && (value as number) <= most;
  if (!whole(topK, config.dVocab))
    throw optionWrong("logitLens", "topK", topK, `a whole number from 1 to ${config.dVocab}`);
  if (!whole(chunk, Infinity)) throw optionWrong("logitLens", "chunk", chunk, "a whole number from 1 up");
  const outside = tokens.find((id) => !whole(id + 1, config.dVocab));
  if (outside !== undefined) throw tokenOutside(outside, config.dVocab);
  using stack = accumulatedResidual(run, stackOptions);
  const { component = [] } = stack.get("labels");
  const found = tidy(() => {
    const read = readings(run.model, translated(stack, component, translate));
    const kept = look(run.model, read, { topK, tokens, chunk, keepLogits }, stack.get("values").shape);
    return Object.fromEntries(Object.entries(kept).map(([name, each]) => [name, keptClone(each)]));
  });
  const labels = { component, ...(tokens.length > 0 && { token: tokens.map(String) }) };
  const axes = stack.get("axes").slice(0, -1);
  const dict = new TensorDict({ ...found, axes: nonTensor([...axes]), labels: nonTensor(labels) });
  return dict as unknown as LensResult; // which of them are there, the options say
}

function translated(
  stack: Labelled,
  labels: readonly string[],
  translate: LogitLensOptions["translate"],
): Tensor {
  const values = stack.get("values");
  if (translate === undefined) return values;
  const each = labels.map((label, i) => {
    const stream = reshape(slice(values, i, 1), values.shape.slice(1));
    const made: unknown = translate(stream, label);
    const isLike = made instanceof Object && "shape" in made && String(made.shape) === String(stream.shape);
    if (!isLike)
      throw optionWrong("logitLens", "translate", made, `a function to tensors [${stream.shape.join(", ")}]`);
    return reshape(made as Tensor, [1, ...stream.shape]);
  });
  return concat(each, 0);
}

/** The stream as the unembedding reads it, `[rows, dEmbed]`. */
function readings(model: Transformer, values: Tensor): Tensor2D {
  const norm = finalNorm(model);
  const x = norm === undefined ? values : wholeNorm(values, norm);
  const rows: Tensor2D = reshape(x, [-1, model.config.dModel]);
  const { project_out: projection } = model;
  if (projection === undefined) return rows;
  const mapped: Tensor2D = matMul(rows, projection.weight);
  return projection.bias === undefined ? mapped : add<Tensor2D>(mapped, projection.bias);
}

type LookOptions = Required<Pick<LogitLensOptions, "topK" | "tokens" | "chunk" | "keepLogits">>;

/** Goes through the vocabulary piece by piece: likeliest tokens, the sum for probabilities, and that for the entropy. */
function look(
  model: Transformer,
  read: Tensor2D,
  { topK, tokens, chunk, keepLogits }: LookOptions,
  shape: readonly number[],
): Record<string, Tensor> {
  const { dVocab } = model.config;
  const pieces: Tensor[] = [];
  const wanted =
    tokens.length === 0
      ? undefined
      : concat(
          tokens.map((id) => logitsOf(model, read, id, 1)),
          1,
        );
  let best: { values: Tensor; indices: Tensor } | undefined;
  let highest: Tensor | undefined;
  let total: Tensor | undefined; // sum of exp(logit - highest)
  let weighted: Tensor | undefined; // sum of exp(logit - highest) * (logit - highest): large logits cancel no digits
  let above: Tensor | undefined;
  for (let begin = 0; begin < dVocab; begin += chunk) {
    const logits = logitsOf(model, read, begin, Math.min(chunk, dVocab - begin));
    if (keepLogits) pieces.push(logits);
    const top = max(logits, -1, true);
    const peak: Tensor = highest === undefined ? top : maximum(highest, top);
    const lower = highest === undefined ? undefined : sub(highest, peak);
    const fading = lower === undefined ? undefined : exp(lower);
    const below = sub(logits, peak);
    const shares = exp(below);
    if (weighted !== undefined && total !== undefined && lower !== undefined)
      weighted = add(weighted, mul(total, lower));
    weighted = added(weighted, fading, sum(mul(shares, below), -1, true));
    total = added(total, fading, sum(shares, -1, true));
    highest = peak;
    best = bestOf(best, logits, begin, topK);
    if (wanted !== undefined) {
      const count = sum(cast(greater(expandDims(logits, 1), expandDims(wanted, 2)), "int32"), -1);
      above = above === undefined ? count : add(above, count);
    }
  }
  if (highest === undefined || total === undefined || weighted === undefined || best === undefined) return {};
  const normalizer = add(highest, log(total));
  const outer = shape.slice(0, -1);
  const result: Record<string, Tensor> = {
    topTokens: reshape(best.indices, [...outer, topK]),
    topLogProbs: reshape(sub(best.values, normalizer), [...outer, topK]),
    entropy: reshape(sub(log(total), div(weighted, total)), [...outer]),
  };
  if (wanted !== undefined && above !== undefined) {
    result["ranks"] = reshape(above, [...outer, tokens.length]);
    result["logProbs"] = reshape(sub(wanted, normalizer), [...outer, tokens.length]);
  }
  if (keepLogits) result["logits"] = reshape(concat(pieces, 1), [...outer, dVocab]);
  return result;
}

function added(before: Tensor | undefined, fading: Tensor | undefined, now: Tensor): Tensor {
  return before === undefined || fading === undefined ? now : add(mul(before, fading), now);
}

/** Logits of a piece of the vocabulary, `[rows, count]`, as the family means them. */
function logitsOf(model: Transformer, read: Tensor2D, begin: number, count: number): Tensor2D {
  const { weight, bias } = model.unembed;
  const { scale, cap } = model.config.head;
  let logits: Tensor2D = matMul(read, slice(weight, [begin, 0], [count, -1]), false, true);
  if (bias !== undefined) logits = add(logits, slice(bias, begin, count));
  if (scale !== undefined) logits = mul(logits, scale);
  return cap === undefined ? logits : mul(tanh(mul(logits, 1 / cap)), cap);
}

/** The highest of those before and of a piece. */
function bestOf(
  before: { values: Tensor; indices: Tensor } | undefined,
  logits: Tensor2D,
  begin: number,
  topK: number,
): { values: Tensor; indices: Tensor } {
  const [rows, count] = logits.shape;
  const here = topk(logits, Math.min(topK, count));
  const indices = cast(add(here.indices, begin), "int32");
  if (before === undefined) return { values: here.values, indices };
  const values = concat([before.values, here.values], 1);
  const all = concat([before.indices, indices], 1);
  const best = topk(values, Math.min(topK, values.shape[1] ?? topK));
  const width = all.shape[1] ?? 1;
  const offsets = tensor(
    Int32Array.from({ length: rows }, (_, row) => row * width),
    [rows, 1],
  );
  const flat = cast(add(best.indices, offsets), "int32");
  return { values: best.values, indices: gather(reshape(all, [-1]), flat) };
}
