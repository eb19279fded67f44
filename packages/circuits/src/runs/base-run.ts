import { hasHooks, type HookTarget } from "@hookdict/core";
import type { Transformer, TransformerCache } from "@hookdict/models";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import {
  clone,
  concat,
  gather,
  memory,
  reshape,
  slice,
  type Tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { outputNoTensor } from "../errors.ts";
import { isTransformer } from "../stream/stream-run.ts";
import { Captures, type HookAt, withHooks } from "./hooked-run.ts";
import { commonPosition, measured, type Metric, positionFor } from "./metric.ts";

/** The layer in which a site stands: the number of layers for the head; `undefined` before the first, or unknown. */
export function layerOf(path: string, layers: number): number | undefined {
  const [, layer] = /^blocks\.(\d+)(?:\.|$)/.exec(path) ?? [];
  if (layer !== undefined) return Number(layer);
  return /^(ln_final|unembed|project_out|mlm_head)(\.|$)/.test(path) ? layers : undefined;
}

/** Where rows begin to differ from the run that they go on from. */
export interface Start {
  /** The first layer of each row, from low to high: it joins the others there, which {@link BaseRun.mixesLayers} must allow. */
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
  /** Whether rows that begin at different layers may run together: where nobody else's hooks would see some rows here and more there. */
  readonly mixesLayers: boolean;
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
   * @throws ShapeError `CIRCUIT_OUTPUT`, `METRIC_SHAPE` for a position that there is not; what the model throws.
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
    this.mixesLayers = isTransformer(model) && !hasHooks(model);
    const streams = Array.from({ length: this.layers }, (_, layer) =>
      this.#streams.at(`blocks.${layer}.hook_resid_pre`),
    );
    if (this.layers > 0) streams.push(this.#streams.at(endOf(model as Transformer)));
    const meter = new Meter(target, this.layers);
    this.#cache = keepsPrefixes ? prefixCacheOf(target) : undefined;
    const layers = (inputs: object): Tensor =>
      outputOf(target, [input, ...(this.#isTransformer ? [inputs] : [])]);
    // What the head computes is not stored.
    const run = (inputs: object): Tensor =>
      this.#cache === undefined
        ? layers(inputs)
        : (model as Transformer).withCache(this.#cache, () => layers(inputs));
    const all = [...streams, ...hooks, ...meter.hooks];
    try {
      this.#logits = tidy(() =>
        keptClone(withHooks(target, all, () => logitsOf(target, metrics, run, hooks))),
      );
    } catch (error) {
      this.#streams[Symbol.dispose]();
      this.#cache?.dispose();
      throw error;
    }
    this.length = this.#streams.find("blocks.0.hook_resid_pre")?.shape[1] ?? this.#logits.shape[1] ?? 1;
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
    return withHooks(this.target, hooks, () => {
      const run = (inputs: object): Tensor => this.#joined(pairs, from, inputs);
      return this.#measured(
        this.target.during(() => logitsOf(this.target, this.#metrics, run, hooks, from.position)),
        pairs,
      );
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
      const rows = rowsOf(slice(this.stream(layer), [0, position]), pairs.slice(count, begun));
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

/** A cache for runs that begin at later positions; `undefined` for models in which earlier ones see them, or somebody else's hooks do. */
function prefixCacheOf(target: HookTarget): TransformerCache | undefined {
  const model: unknown = target.model;
  if (!isTransformer(model) || !model.config.isCausal || hasHooks(model)) return undefined;
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
 * @param first The position at which what it gives begins.
 */
export function logitsOf(
  target: HookTarget,
  metrics: readonly Metric[],
  run: (inputs: object) => Tensor,
  hooks: readonly HookAt[],
  first = 0,
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
    const at = positionFor(metric, stream.shape[0] ?? 1, first + (stream.shape[1] ?? 1)) - first;
    return outputOf(target, [slice(stream, [0, at], [-1, 1]), { startAtLayer: layers }]);
  });
  return reshape(logits, [logits.shape[0] ?? 1, -1]);
}

/** Watches how much memory a run takes, at every site. */
class Meter {
  readonly #start = memory().numBytes;
  #layers = 0;
  #head = 0;
  readonly hooks: readonly HookAt[];

  constructor(target: HookTarget, layers: number) {
    this.hooks = target.sites().map(({ path }) => ({
      path,
      run: () => {
        const now = memory().numBytes - this.#start;
        if (layers > 0 && layerOf(path, layers) === layers) this.#head = Math.max(this.#head, now);
        else this.#layers = Math.max(this.#layers, now);
      },
    }));
  }

  perRow(rows: number): { readonly layers: number; readonly head: number } {
    return { layers: Math.ceil(this.#layers / rows), head: Math.ceil(this.#head / rows) };
  }
}
