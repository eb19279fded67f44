import { hasHooks, type HookTarget } from "@hookdict/core";
import { looksAhead, type Transformer, type TransformerCache } from "@hookdict/models";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { clone, concat, gather, reshape, slice, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { outputNoTensor } from "../errors.ts";
import { isTransformer } from "../stream/stream-run.ts";
import { Captures, type HookAt, withHooks } from "./hooked-run.ts";
import { layerOf } from "./layer-of.ts";
import { Meter } from "./meter.ts";
import { commonPosition, measured, type Metric, positionFor } from "./metric.ts";

/** Where rows begin to differ from the run that they go on from. */
export interface Start {
  /** The first layer of each row, from low to high: it joins the others there, where this run {@link BaseRun.isAlone}. */
  readonly layers: readonly number[];
  /** The first position; others are computed only where {@link BaseRun.hasPrefixes}. */
  readonly position: number;
}

/**
 * A run of some prompts from which others go on: those whose values differ only from some layer on, and from some position on, begin
 * there, with the stream that this run had and the keys and values of earlier positions, as many rows at once as are asked for.
 */
export class BaseRun implements Disposable {
  readonly target: HookTarget;
  /** Number of layers; 0 for models of another kind. */
  readonly layers: number;
  /** How many positions prompts have. */
  readonly length: number;
  /** Bytes that one row takes while it runs: within the layers, and in the head, where it is read. */
  readonly rowBytes: { readonly layers: number; readonly head: number };
  readonly #input: Tensor;
  readonly #streams = new Captures();
  /** Whether nobody else has a hook on the model: rows may then begin at different layers, and see fewer positions. */
  readonly isAlone: boolean;
  /** The one position that all metrics read, counted from the start, where nobody else has hooks: others are computed as far as it needs them. */
  readonly readAt: number | undefined;
  readonly #isTransformer: boolean;
  readonly #cache: TransformerCache | undefined;
  readonly #metrics: readonly Metric[];
  /** float32 `[prompt, dVocab]` where metrics read one position; otherwise what the model gives. */
  readonly #logits: Tensor;

  /**
   * Runs the model on prompts.
   *
   * **Ownership:** *borrows* the input until it is disposed.
   *
   * @param metrics What this run and those that go on from it are read by.
   * @param hooks What is looked at in this run.
   * @param keepsPrefixes Whether keys and values are kept, where rows may begin at later positions: in decoders on which nobody else
   * has a hook, since that one would see fewer positions.
   * @throws ShapeError `CIRCUIT_OUTPUT`, `CIRCUIT_POSITION` for a position that there is not, `METRIC_SHAPE`; what the model throws.
   */
  constructor(
    target: HookTarget,
    input: Tensor,
    metrics: readonly Metric[],
    hooks: readonly HookAt[] = [],
    { keepsPrefixes = false }: { readonly keepsPrefixes?: boolean } = {},
  ) {
    this.target = target;
    this.#input = input;
    this.#metrics = metrics;
    const model: unknown = target.model;
    this.#isTransformer = isTransformer(model);
    this.layers = isTransformer(model) ? model.blocks.length : 0;
    this.isAlone = isTransformer(model) && !hasHooks(model);
    const streams = Array.from({ length: this.layers }, (_, layer) =>
      this.#streams.at(`blocks.${layer}.hook_resid_pre`),
    );
    if (this.layers > 0) streams.push(this.#streams.at(endOf(model as Transformer)));
    const meter = new Meter(target, this.layers);
    this.#cache = keepsPrefixes && this.isAlone ? prefixCacheOf(model as Transformer) : undefined;
    const layers = (inputs: object): Tensor =>
      outputOf(target, [input, ...(this.#isTransformer ? [inputs] : [])]);
    // What the head computes is not stored.
    const run = (inputs: object): Tensor =>
      this.#cache === undefined
        ? layers(inputs)
        : (model as Transformer).withCache(this.#cache, () => layers(inputs));
    const all = [...streams, ...hooks, ...meter.hooks];
    let logits: Tensor | undefined;
    try {
      logits = tidy(() => keptClone(withHooks(target, all, () => logitsOf(target, metrics, run, hooks))));
      this.#logits = logits;
      this.length = this.#streams.find("blocks.0.hook_resid_pre")?.shape[1] ?? logits.shape[1] ?? 1;
      const [metric] = metrics;
      const isOne = this.isAlone && metric !== undefined && commonPosition(metrics) !== undefined;
      this.readAt = isOne ? positionFor(metric, this.length) : undefined;
      tidy(() => void this.ownMetrics()); // what is none shows here, before anything is computed of it
    } catch (error) {
      this.#streams[Symbol.dispose]();
      this.#cache?.dispose();
      logits?.dispose();
      throw error;
    }
    this.rowBytes = meter.perRow(input.shape[0] ?? 1);
  }

  get prompts(): number {
    return this.#input.shape[0] ?? 1;
  }

  /** How many bytes it holds. */
  get bytes(): number {
    const stream = this.#streams.find("blocks.0.hook_resid_pre")?.size ?? 0;
    // Keys and values are no wider than the stream, each.
    const kept = this.#cache === undefined ? 0 : 2 * stream * this.layers;
    return 4 * (stream * (this.layers + 1) + kept + this.#logits.size);
  }

  /** Whether rows may begin at later positions, for metrics that read one. */
  get hasPrefixes(): boolean {
    return this.#cache !== undefined;
  }

  /** How many positions rows have: none behind those that are read, where that changes nothing. */
  get end(): number {
    const { readAt, length } = this;
    return readAt === undefined || looksAhead((this.target.model as Transformer).config)
      ? length
      : readAt + 1;
  }

  /**
   * What rows are at: of values that this run had at all positions, those that a row's value has, which are the first ones, or in the
   * last layer the one that is read. New tensors belong to the scope.
   *
   * @param axis Where positions are.
   */
  atPositionsOf(x: Tensor, count: number, axis: number): Tensor {
    if (x.shape[axis] === count) return x;
    const first = count === 1 ? (this.readAt ?? 0) : 0;
    const begin = x.shape.map((_, i) => (i === axis ? first : 0));
    return slice(x, begin, x.shape.map((size, i) => (i === axis ? count : size))); // prettier-ignore
  }

  /** Runs the last layer and the head as rows run them where one position is read, with hooks that look on. */
  lookAtEnd(hooks: readonly HookAt[]): void {
    const { readAt, layers } = this;
    if (readAt === undefined) return;
    const inputs = { startAtLayer: layers - 1, outputAt: readAt };
    tidy(() => {
      withHooks(this.target, hooks, () => outputOf(this.target, [this.stream(layers - 1), inputs]));
    });
  }

  /** Metrics of this run itself, `[prompt]` each. New tensors belong to the scope. */
  ownMetrics(): Tensor[] {
    return this.#measured(
      this.#logits,
      Array.from({ length: this.prompts }, (_, prompt) => prompt),
    );
  }

  /**
   * Metrics of rows that go on from this run, `[rows]` each. New tensors belong to the scope.
   *
   * @param pairs Of each row, which prompt it goes on from.
   * @param start Where rows begin to differ: a layer (`undefined` runs everything), or a layer of each and a position, before which
   * hooks see nothing. At a layer hooks are given the rows that have begun, which are the first of all.
   */
  metrics(pairs: readonly number[], start: Start | number | undefined, hooks: readonly HookAt[]): Tensor[] {
    const from = typeof start === "object" ? start : { layers: pairs.map(() => start), position: 0 };
    const { readAt } = this;
    return withHooks(this.target, hooks, () => {
      const run = (inputs: object): Tensor => this.#joined(pairs, from, inputs);
      const logits = this.target.during(() => {
        if (typeof start !== "object" || readAt === undefined)
          return logitsOf(this.target, this.#metrics, run, hooks);
        return reshape(run({ outputAt: readAt - from.position }), [pairs.length, -1]);
      });
      return this.#measured(logits, pairs);
    });
  }

  #measured(logits: Tensor, pairs: readonly number[]): Tensor[] {
    return this.#metrics.map((metric) => measured(metric, logits, pairs));
  }

  /** What rows give that begin each at its layer, at positions from one on. */
  #joined(
    pairs: readonly number[],
    { layers, position }: Pick<Start, "position"> & { readonly layers: readonly (number | undefined)[] },
    inputs: object,
  ): Tensor {
    const [first] = layers;
    if (!this.#isTransformer || first === undefined)
      return outputOf(this.target, [rowsOf(this.#input, pairs), ...(this.#isTransformer ? [inputs] : [])]);
    using prefix = position === 0 ? undefined : this.#cache?.prefix(position, pairs);
    let stream: Tensor | undefined;
    for (let layer = first, count = 0; ;) {
      const begun = layers.filter((each) => each !== undefined && each <= layer).length;
      const whole = slice(this.stream(layer), [0, position], [-1, this.end - position]);
      const rows = rowsOf(whole, pairs.slice(count, begun));
      stream = stream === undefined ? rows : concat([stream, rows]);
      count = begun;
      const next = layers[count] ?? this.layers;
      const isLast = count === layers.length;
      if (isLast && layer === this.layers && "stopAtLayer" in inputs) return stream;
      prefix?.choose(pairs.slice(0, count));
      const stop = isLast ? inputs : { stopAtLayer: next };
      stream = outputOf(this.target, [stream, { ...stop, startAtLayer: layer, prefix }]);
      if (isLast) return stream;
      layer = next;
    }
  }

  /** The stream before a layer, or the head, `[prompt, pos, dModel]`. **Ownership:** *borrowed*. */
  stream(layer: number): Tensor {
    const isEnd = layer === this.layers;
    return this.#streams.get(
      isEnd ? endOf(this.target.model as Transformer) : `blocks.${layer}.hook_resid_pre`,
    );
  }

  [Symbol.dispose](): void {
    this.#streams[Symbol.dispose]();
    this.#cache?.dispose();
    this.#logits.dispose();
  }
}

/** A cache for runs that begin at later positions; `undefined` for models in which earlier ones see them. */
function prefixCacheOf(model: Transformer): TransformerCache | undefined {
  if (!model.config.isCausal) return undefined;
  return model.config.blocks.every(({ attention }) => attention.isCausal) ? model.newCache() : undefined;
}

/** Where the stream is seen after the last layer. */
function endOf(model: Transformer): string {
  const last = model.blocks.length - 1;
  const isPost = model.config.blocks[last]?.order === "post";
  return `blocks.${last}.${isPost ? "hook_normalized_resid_post" : "hook_resid_post"}`;
}

/** The output of a model that must be one tensor; it belongs to the scope. */
export function outputOf(target: HookTarget, args: readonly unknown[]): Tensor {
  const output: unknown = target.call(args);
  if (!isTensor(output)) throw outputNoTensor(target.name);
  return output;
}

/** Rows of a tensor, in any order and number. */
export function rowsOf(x: Tensor, rows: readonly number[]): Tensor {
  const isWhole = rows.length === x.shape[0] && rows.every((row, i) => row === i);
  return isWhole ? clone(x) : gather(x, tensor1d([...rows], "int32"));
}

/**
 * Logits of a run: `[row, dVocab]` where all metrics read one position and no hook stands in the head, which then runs there alone;
 * otherwise what the model gives.
 *
 * @param run Runs the layers, with further inputs.
 */
export function logitsOf(
  target: HookTarget,
  metrics: readonly Metric[],
  run: (inputs: object) => Tensor,
  hooks: readonly HookAt[],
): Tensor {
  const model: unknown = target.model;
  const layers = isTransformer(model) ? model.blocks.length : 0;
  const isHeadHooked = hooks.some(({ path }) => layerOf(path, layers) === layers);
  const [metric] = metrics;
  const isOne = metric !== undefined && commonPosition(metrics) !== undefined;
  if (!isTransformer(model) || !isOne || isHeadHooked) return run({});
  // One run of the model for everybody else's hooks: the layers, then the head where it is read.
  const logits = target.during(() => {
    const stream = run({ stopAtLayer: layers });
    const at = positionFor(metric, stream.shape[1] ?? 1);
    return outputOf(target, [slice(stream, [0, at], [-1, 1]), { startAtLayer: layers }]);
  });
  return reshape(logits, [logits.shape[0] ?? 1, -1]);
}
