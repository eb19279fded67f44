import { HookedModule, Binding, type HookTarget } from "@hookdict/core";
import type { Transformer } from "@hookdict/models";
import {
  add,
  broadcastTo,
  concat,
  matMul,
  mean,
  mul,
  reshape,
  sub,
  sum,
  type Tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { keptClone } from "@hookdict/tensordict/tensors";
import { promptsUnequal } from "../errors.ts";
import { BaseRun, logitsOf, outputOf } from "../runs/base-run.ts";
import { Captures, type HookAt, withHooks } from "../runs/hooked-run.ts";
import { measured, type Metric } from "../runs/metric.ts";
import { headsFrom } from "../residual/parts.ts";
import type { PromptPairs } from "../sweep/prepared.ts";
import { type EdgeLayout, layoutOf } from "./layout.ts";
import { behindNorm, readingGradients, readingNorm } from "./readers.ts";

/** Where gradients are taken: on a prompt, or between the two, `share` of the way from corrupt (0) to clean (1). */
export type GradientPoint = "clean" | "corrupt" | { readonly share: number };

/**
 * The runs that scores of edges and nodes are made of, each made once: both prompts', what each source adds in them, and
 * gradients of the metric.
 *
 * **Ownership:** *borrows* the prompts; owns what it holds.
 */
export class EdgeRuns implements Disposable {
  readonly target: HookTarget;
  readonly model: Transformer;
  readonly metric: Metric;
  readonly layout: EdgeLayout;
  readonly clean: BaseRun;
  readonly corrupt: BaseRun;
  readonly #captures = { clean: new Captures(), corrupt: new Captures() };
  readonly #kept: Tensor[] = [];
  #deltas: Tensor | undefined;
  #cleanOutputs: Tensor | undefined;
  readonly #others = new Map<string, Tensor>();

  /** @throws UsageError `STREAM_NO_SUM`; ShapeError `PROMPTS_UNEQUAL`; what the model throws. */
  constructor(target: HookTarget, model: Transformer, { clean, corrupt }: PromptPairs, metric: Metric) {
    if (clean.shape.join() !== corrupt.shape.join()) throw promptsUnequal(clean.shape, corrupt.shape);
    this.target = target;
    this.model = model;
    this.metric = metric;
    this.layout = layoutOf(model);
    let first: BaseRun | undefined;
    try {
      first = new BaseRun(target, clean, [metric], this.#looks("clean"));
      this.clean = first;
      this.corrupt = new BaseRun(target, corrupt, [metric], this.#looks("corrupt"));
    } catch (error) {
      first?.[Symbol.dispose]();
      for (const captures of Object.values(this.#captures)) captures[Symbol.dispose]();
      throw error;
    }
  }

  get pairs(): number {
    return this.clean.prompts;
  }

  get #pairList(): number[] {
    return Array.from({ length: this.pairs }, (_, pair) => pair);
  }

  #looks(side: "clean" | "corrupt"): HookAt[] {
    return this.model.config.blocks.flatMap(({ norms }, layer) => [
      this.#captures[side].at(`blocks.${layer}.hook_resid_pre`),
      this.#captures[side].at(`blocks.${layer}.attn.hook_z`),
      this.#captures[side].at(`blocks.${layer}.hook_mlp_out`),
      ...(norms.includes("ln1_post") ? [this.#captures[side].at(`blocks.${layer}.ln1_post.hook_scale`)] : []),
    ]);
  }

  /** The metric of each pair, `[pair]`. New tensors belong to the scope. */
  metricOf(side: "clean" | "corrupt"): Tensor {
    return this[side].ownMetrics()[0] as Tensor; // one metric was asked for
  }

  /** What a source adds in the corrupt run minus in the clean one, `[source, pair, pos, dModel]`. **Ownership:** *borrowed*. */
  get deltas(): Tensor {
    this.#deltas ??= this.keep(() => sub(this.outputs("corrupt"), this.outputs("clean")));
    return this.#deltas;
  }

  /** What each source adds in a run, `[source, pair, pos, dModel]`. New tensors belong to the scope. */
  outputs(side: "clean" | "corrupt"): Tensor {
    const captures = this.#captures[side];
    const single = (path: string): Tensor => reshape(captures.get(path), [1, ...captures.get(path).shape]);
    const layers = this.model.blocks.flatMap((_, layer) => [
      headsFrom(this.model, layer, (path) => captures.get(path)),
      single(`blocks.${layer}.hook_mlp_out`),
    ]);
    return concat([single("blocks.0.hook_resid_pre"), ...layers], 0);
  }

  /** What each source adds in the clean run, by pairs: `[pair, source, pos, dModel]`. **Ownership:** *borrowed*. */
  get cleanOutputs(): Tensor {
    this.#cleanOutputs ??= this.keep(() => transpose(this.outputs("clean"), [1, 0, 2, 3]));
    return this.#cleanOutputs;
  }

  /** What edges carry in place of that: the corrupt run's, or the mean over the prompts of both sides. **Ownership:** *borrowed*. */
  others(by: "corrupt" | "mean"): Tensor {
    const known = this.#others.get(by);
    if (known !== undefined) return known;
    const made = this.keep(() => {
      const corrupt = transpose(this.outputs("corrupt"), [1, 0, 2, 3]);
      if (by === "corrupt") return corrupt;
      return broadcastTo(mean(concat([corrupt, this.cleanOutputs], 0), 0, true), corrupt.shape);
    });
    this.#others.set(by, made);
    return made;
  }

  /** What passed a site in a prompt's run. **Ownership:** *borrowed*. */
  capturedAt(side: "clean" | "corrupt", path: string): Tensor {
    return this.#captures[side].get(path);
  }

  keep(make: () => Tensor): Tensor {
    const kept = tidy(() => keptClone(make()));
    this.#kept.push(kept);
    return kept;
  }

  /**
   * Gradients of the metric's sum with respect to the streams that destinations read, at each point, their mean over the points:
   * `[destination, pair, pos, dModel]`. One forward and one backward pass for all points. **Ownership:** *returns owned*.
   */
  destinationGradients(points: readonly GradientPoint[]): Tensor {
    using captures = new Captures();
    this.#backward(points, destinationHooks(this.model, captures));
    return tidy(() => {
      const all = this.#destinationsOf(captures);
      return keptClone(meanOverPoints(all, points.length));
    });
  }

  #destinationsOf(captures: Captures): Tensor {
    const { model } = this;
    const norms = { at: (path: string) => captures.get(path) };
    const parts: Tensor[] = [];
    for (let layer = 0; layer < model.blocks.length; layer++) {
      for (const kind of ["q", "k", "v"] as const) {
        const gradient = captures.get(`blocks.${layer}.attn.hook_${kind}`);
        parts.push(readingGradients(model, layer, kind, gradient, norms));
      }
      const read = captures.get(`blocks.${layer}.mlp`);
      const back = behindNorm(read, readingNorm(model, layer, "mlp"), norms);
      parts.push(reshape(back, [1, ...back.shape]));
    }
    const end = captures.get(`blocks.${model.blocks.length - 1}.hook_resid_post`);
    return concat([...parts, reshape(end, [1, ...end.shape])], 0);
  }

  /**
   * Attribution of nodes, a score for each source: its change times the gradient with respect to it, averaged over points, `[source]`.
   * Heads are taken where their `hook_z` is, which is linear in what they add. **Ownership:** *returns owned*.
   */
  nodeScores(points: readonly GradientPoint[]): Tensor {
    const paths = this.model.blocks.flatMap((_, layer) => [
      `blocks.${layer}.attn.hook_z`,
      `blocks.${layer}.hook_mlp_out`,
    ]);
    using captures = new Captures();
    const all = ["blocks.0.hook_resid_pre", ...paths];
    const hooks = all.map((path) => captures.at(path, "bwd_pre"));
    this.#backward(points, hooks);
    return tidy(() => {
      const scores = all.map((path) => {
        const change = sub(this.capturedAt("corrupt", path), this.capturedAt("clean", path));
        const [rows = 1, ...rest] = change.shape;
        const gradient = sum(reshape(captures.get(path), [points.length, rows, ...rest]), 0);
        const product = mul(change, gradient);
        // Heads keep their axis.
        const isHeads = path.endsWith("hook_z");
        return reshape(isHeads ? sum(product, [0, 1, 3]) : sum(product), [-1]);
      });
      return keptClone(mul(concat(scores), 1 / (points.length * this.pairs)));
    });
  }

  /** One forward and one backward pass from points between the prompts' first streams; all points are rows of one batch. */
  #backward(points: readonly GradientPoint[], hooks: readonly HookAt[]): void {
    const [clean, corrupt] = [this.clean.stream(0), this.corrupt.stream(0)];
    tidy(() => {
      const rows = points.map((point) => {
        const share = point === "clean" ? 1 : point === "corrupt" ? 0 : point.share;
        return share === 1 ? clean : share === 0 ? corrupt : add(mul(corrupt, 1 - share), mul(clean, share));
      });
      const start = concat(rows, 0);
      const pairs = points.flatMap(() => this.#pairList);
      const binding = new Binding(this.target, "circuits");
      using hooked = new HookedModule(this.target, { binding, dispose: () => binding.dispose() });
      withHooks(this.target, hooks, () =>
        hooked.backward(() => {
          const run = (inputs: object): Tensor =>
            outputOf(this.target, [start, { ...inputs, startAtLayer: 0 }]);
          return sum(measured(this.metric, logitsOf(this.target, [this.metric], run, hooks), pairs));
        }),
      );
    });
  }

  /**
   * Scores of all edges: how each source's change meets the gradients of what destinations read, `[source, destination]`, the mean over
   * pairs. New tensors belong to the scope.
   */
  edgeScores(gradients: Tensor): Tensor {
    const [sources = 1] = this.deltas.shape;
    const [destinations = 1] = gradients.shape;
    const product = matMul(
      reshape(this.deltas, [sources, -1]),
      reshape(gradients, [destinations, -1]),
      false,
      true,
    );
    return mul(product, 1 / this.pairs);
  }

  [Symbol.dispose](): void {
    for (const each of [this.clean, this.corrupt, this.#captures.clean, this.#captures.corrupt])
      each[Symbol.dispose]();
    for (const tensor of this.#kept) tensor.dispose();
  }
}

/** Where gradients with respect to readings are seen, and what goes with them. */
function destinationHooks(model: Transformer, captures: Captures): HookAt[] {
  const hooks: HookAt[] = [];
  const norms = new Set<string>();
  for (let layer = 0; layer < model.blocks.length; layer++) {
    for (const kind of ["q", "k", "v"])
      hooks.push(captures.at(`blocks.${layer}.attn.hook_${kind}`, "bwd_pre"));
    hooks.push(captures.at(`blocks.${layer}.mlp`, "bwd"));
    for (const kind of ["attention", "mlp"] as const) {
      const norm = readingNorm(model, layer, kind);
      if (norm !== undefined) norms.add(norm.path);
    }
  }
  for (const path of norms)
    hooks.push(captures.at(`${path}.hook_scale`), captures.at(`${path}.hook_normalized`));
  hooks.push(captures.at(`blocks.${model.blocks.length - 1}.hook_resid_post`, "bwd_pre"));
  return hooks;
}

/** Rows are points times pairs: the mean over points, `[destination, pair, pos, dModel]`. */
function meanOverPoints(x: Tensor, points: number): Tensor {
  if (points === 1) return x;
  const [destinations = 1, rows = 1, ...rest] = x.shape;
  return mul(sum(reshape(x, [destinations, points, rows / points, ...rest]), 1), 1 / points);
}
