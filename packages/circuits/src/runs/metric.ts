import {
  argumentInvalid,
  checkArgument,
  checkOptionNames,
  isTensor,
  describeValue,
} from "@hookdict/tensordict";
import { oneHotRows } from "@hookdict/tensordict/tensors";
import {
  logSoftmax,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { metricInvalid, metricShape, positionOutside, tokenOutside, tokensShape } from "../errors.ts";

/**
 * A number that is made of each prompt's logits: what patching is judged by. Plain data and a function, so that one's own
 * are as good as those given here.
 */
export interface Metric {
  readonly name: string;
  /**
   * The one position whose logits are read: `of` is then given `[rows, dVocab]`, and the head runs there alone. Without it
   * `of` is given what the model returns, `[rows, pos, dVocab]`.
   */
  readonly position?: number;
  /**
   * One float32 number for each row, `[rows]`. **Ownership:** *borrows* the logits; what it makes belongs to the run.
   *
   * @param pairs Of each row, which of the prompt pairs it belongs to.
   */
  of(logits: Tensor, pairs: readonly number[]): Tensor;
}

/** Options of the metrics given here. */
export interface TokenMetricOptions {
  readonly name?: string;
  /** Default the last. */
  readonly position?: number;
}

/** A token for all prompt pairs, or one for each. */
export type PairTokens = number | readonly number[];

/**
 * The logit of a right token minus that of a wrong one.
 *
 * @throws from its runs: ShapeError `CIRCUIT_TOKEN`, `CIRCUIT_TOKENS`.
 * @example
 * const metric = logitDifference(3, 5);
 * metric.name; // => "logit difference"
 */
export function logitDifference(
  right: PairTokens,
  wrong: PairTokens,
  options: TokenMetricOptions = {},
): Metric {
  const where = place("logitDifference", "logit difference", options);
  checkTokenIds("logitDifference", "right", right);
  checkTokenIds("logitDifference", "wrong", wrong);
  return {
    ...where,
    of: (logits, pairs) => sub(picked(logits, right, pairs), picked(logits, wrong, pairs)),
  };
}

/** The natural logarithm of a token's probability; errors as of {@link logitDifference}. */
export function logProbability(token: PairTokens, options: TokenMetricOptions = {}): Metric {
  const where = place("logProbability", "log probability", options);
  checkTokenIds("logProbability", "token", token);
  return { ...where, of: (logits, pairs) => picked(logSoftmax(logits), token, pairs) };
}

/** The logit of a token; errors as of {@link logitDifference}. */
export function tokenLogit(token: PairTokens, options: TokenMetricOptions = {}): Metric {
  const where = place("tokenLogit", "logit", options);
  checkTokenIds("tokenLogit", "token", token);
  return { ...where, of: (logits, pairs) => picked(logits, token, pairs) };
}

/** @throws UsageError `ARGUMENT_INVALID` */
function place(
  what: string,
  called: string,
  options: TokenMetricOptions,
): { name: string; position: number } {
  checkOptionNames(what, options, ["name", "position"]);
  const { name = called, position = -1 } = options;
  checkArgument(what, "name", name, "text");
  if (!Number.isInteger(position)) throw argumentInvalid(what, "position", position, "a whole number");
  return { name, position };
}

/** @throws UsageError `ARGUMENT_INVALID` */
function checkTokenIds(what: string, name: string, tokens: unknown): void {
  const all: readonly unknown[] = Array.isArray(tokens) ? tokens : [tokens];
  if (!all.every((id) => typeof id === "number"))
    throw argumentInvalid(what, name, tokens, "the id of a token, or one for each pair of prompts");
}

/** By products with one-hot rows: a gradient goes through it on every backend. */
function picked(logits: Tensor, tokens: PairTokens, pairs: readonly number[]): Tensor {
  const [, dVocab = 0] = logits.shape;
  const ids = pairs.map((pair) => {
    const id = typeof tokens === "number" ? tokens : tokens[pair];
    if (id === undefined) throw tokensShape(`${(tokens as readonly number[]).length} tokens`, pair + 1);
    if (!Number.isInteger(id) || id < 0 || id >= dVocab) throw tokenOutside(id, dVocab);
    return id;
  });
  return sum(mul(logits, oneHotRows(tensor1d(ids, "int32"), dVocab)), -1);
}

/** A list of metrics, checked. @throws UsageError `METRIC_INVALID` */
export function metricsOf(what: string, given: unknown): readonly Metric[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isMetric = (each: unknown): each is Metric =>
    typeof each === "object" &&
    each !== null &&
    "of" in each &&
    typeof each.of === "function" &&
    "name" in each &&
    typeof each.name === "string" &&
    (!("position" in each) || each.position === undefined || Number.isInteger(each.position));
  const wrong = list.findIndex((each) => !isMetric(each));
  const names = (list as readonly Metric[]).map((each) => (isMetric(each) ? each.name : ""));
  if (list.length === 0 || wrong >= 0 || new Set(names).size < names.length)
    throw metricInvalid(
      what,
      wrong < 0 ? `${names.length} named ${names.join(", ")}` : describeValue(list[wrong]),
    );
  return list as readonly Metric[]; // each was looked at
}

/**
 * A metric's numbers, `[rows]`, of logits `[rows, pos, dVocab]` or those of its position. New tensors belong to the scope.
 *
 * @throws ShapeError `METRIC_SHAPE`, `CIRCUIT_POSITION`
 */
export function measured(metric: Metric, logits: Tensor, pairs: readonly number[]): Tensor {
  // Without positions the model gave what is read, or the head ran at the one position.
  const read = logits.rank === 3 ? logitsFor(metric, logits) : logits;
  const found: unknown = metric.of(read, pairs);
  const isFit =
    isTensor(found) &&
    !found.isDisposed &&
    found.dtype === "float32" &&
    found.shape.join() === `${pairs.length}`;
  if (isFit) return found;
  const got = isTensor(found) && found.isDisposed ? "a tensor that was disposed" : describeValue(found);
  throw metricShape(metric.name, got, pairs.length);
}

/** Whether all metrics read the logits of one position alone. */
export function commonPosition(metrics: readonly Metric[]): number | undefined {
  const positions = new Set(metrics.map(({ position }) => position));
  return positions.size === 1 ? [...positions][0] : undefined;
}

/** The position that a metric reads, counted from the start. @throws ShapeError `CIRCUIT_POSITION` */
export function positionFor({ position = 0 }: Metric, length: number): number {
  const at = position < 0 ? position + length : position;
  if (at < 0 || at >= length) throw positionOutside(position, length);
  return at;
}

/** The logits that a metric reads. */
function logitsFor(metric: Metric, logits: Tensor): Tensor {
  const { position } = metric;
  if (position === undefined) return logits;
  return tidy(() => {
    const [rows = 1, pos = 1, dVocab = 1] = logits.shape;
    const at = positionFor(metric, pos);
    return reshape(slice(logits, [0, at, 0], [rows, 1, dVocab]), [rows, dVocab]);
  });
}
