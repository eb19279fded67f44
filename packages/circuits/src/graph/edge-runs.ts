import type { HookTarget } from "@hookdict/core";
import type { Transformer } from "@hookdict/models";
import {
  broadcastTo,
  concat,
  mean,
  mul,
  reshape,
  sum,
  type Tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { keptClone } from "@hookdict/tensordict/tensors";
import { promptsUnequal } from "../errors.ts";
import { BaseRun } from "../runs/base-run.ts";
import { Captures, type HookAt } from "../runs/hooked-run.ts";
import type { Metric } from "../runs/metric.ts";
import { headsFrom } from "../residual/parts.ts";
import type { PromptPairs } from "../sweep/prepared.ts";
import { AttributionPass, type GradientPoint, type Looks } from "./attribution-pass.ts";
import { edgeLooks, edgeProducts } from "./edge-products.ts";
import { type EdgeLayout, layoutOf } from "./layout.ts";

/**
 * The runs that scores of edges and nodes are made of: both prompts' whole runs, made when they are asked for, from which runs with
 * patched edges go on; and first-order scores, which need less.
 *
 * **Ownership:** *borrows* the prompts; owns what it holds.
 */
export class EdgeRuns implements Disposable {
  readonly target: HookTarget;
  readonly model: Transformer;
  readonly metric: Metric;
  readonly layout: EdgeLayout;
  readonly #prompts: PromptPairs;
  readonly #captures = { clean: new Captures(), corrupt: new Captures() };
  readonly #runs = new Map<"clean" | "corrupt", BaseRun>();
  readonly #kept: Tensor[] = [];
  readonly #metrics = new Map<"clean" | "corrupt", Tensor>();
  #cleanOutputs: Tensor | undefined;
  readonly #others = new Map<string, Tensor>();

  /** @throws UsageError `STREAM_NO_SUM`; ShapeError `PROMPTS_UNEQUAL`. */
  constructor(target: HookTarget, model: Transformer, prompts: PromptPairs, metric: Metric) {
    const { clean, corrupt } = prompts;
    if (clean.shape.join() !== corrupt.shape.join()) throw promptsUnequal(clean.shape, corrupt.shape);
    this.target = target;
    this.model = model;
    this.metric = metric;
    this.#prompts = prompts;
    this.layout = layoutOf(model);
  }

  get pairs(): number {
    return this.#prompts.clean.shape[0] ?? 1;
  }

  /** The clean prompts' run. @throws what the model throws, and ShapeError `METRIC_SHAPE`. */
  get clean(): BaseRun {
    return this.#runOf("clean");
  }

  /** The corrupt prompts' run. @throws as {@link EdgeRuns.clean}. */
  get corrupt(): BaseRun {
    return this.#runOf("corrupt");
  }

  #runOf(side: "clean" | "corrupt"): BaseRun {
    const run =
      this.#runs.get(side) ?? new BaseRun(this.target, this.#prompts[side], [this.metric], this.#looks(side));
    this.#runs.set(side, run);
    return run;
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
    return this.#metrics.get(side) ?? (this[side].ownMetrics()[0] as Tensor); // one metric was asked for
  }

  /** What each source adds in a run, `[source, pair, pos, dModel]`. New tensors belong to the scope. */
  outputs(side: "clean" | "corrupt"): Tensor {
    this.#runOf(side);
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

  keep(make: () => Tensor): Tensor {
    const kept = tidy(() => keptClone(make()));
    this.#kept.push(kept);
    return kept;
  }

  /**
   * First-order scores of all edges, by gradients at points: `[source, destination]`, the mean over pairs and points, of which those that
   * are no edges mean nothing. **Ownership:** *returns owned*.
   *
   * @throws ShapeError `CIRCUIT_POSITION`, `METRIC_SHAPE`; what the model throws.
   */
  edgeScores(points: readonly GradientPoint[]): Tensor {
    const { model, layout } = this;
    return this.#attributed(points, edgeLooks(model), (pass) => edgeProducts(model, layout, pass));
  }

  /**
   * Attribution of nodes, a score for each source: its change times the gradient with respect to it, averaged over points, `[source]`.
   * Heads are taken where their `hook_z` is, which is linear in what they add. **Ownership:** *returns owned*.
   *
   * @throws as {@link EdgeRuns.edgeScores}.
   */
  nodeScores(points: readonly GradientPoint[]): Tensor {
    const paths = this.model.blocks.flatMap((_, layer) => [
      `blocks.${layer}.attn.hook_z`,
      `blocks.${layer}.hook_mlp_out`,
    ]);
    const all = ["blocks.0.hook_resid_pre", ...paths];
    const gradients = all.map((path) => ({ path, direction: "bwd_pre" as const }));
    return this.#attributed(points, { values: all, gradients }, (pass) => {
      const scores = all.map((path) => {
        const change = pass.change(path);
        const gradient = sum(reshape(pass.gradient(path), [points.length, ...change.shape]), 0);
        const product = mul(change, gradient);
        // Heads keep their axis.
        const isHeads = path.endsWith("hook_z");
        return reshape(isHeads ? sum(product, [0, 1, 3]) : sum(product), [-1]);
      });
      return mul(concat(scores), 1 / (points.length * this.pairs));
    });
  }

  #attributed(
    points: readonly GradientPoint[],
    looks: Looks,
    score: (pass: AttributionPass) => Tensor,
  ): Tensor {
    const { target, model, metric } = this;
    using pass = new AttributionPass({ target, model, metric, prompts: this.#prompts }, points, looks);
    for (const side of ["clean", "corrupt"] as const) {
      this.#metrics.get(side)?.dispose();
      this.#metrics.set(side, keptClone(pass.metricOf(side)));
    }
    return tidy(() => keptClone(score(pass)));
  }

  [Symbol.dispose](): void {
    for (const each of [...this.#runs.values(), this.#captures.clean, this.#captures.corrupt])
      each[Symbol.dispose]();
    for (const tensor of [...this.#kept, ...this.#metrics.values()]) tensor.dispose();
  }
}
