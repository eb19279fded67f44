import { Binding, hasHooks, HookedModule, type HookTarget } from "@hookdict/core";
import type { Transformer } from "@hookdict/models";
import { keptClone } from "@hookdict/tensordict/tensors";
import { add, concat, mul, pad, reshape, slice, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { logitsOf, outputOf } from "../runs/base-run.ts";
import { Captures, type HookAt, withHooks } from "../runs/hooked-run.ts";
import { commonPosition, measured, type Metric, positionFor } from "../runs/metric.ts";
import type { PromptPairs } from "../sweep/prepared.ts";

/** Where gradients are taken: on a prompt, or between the two, `share` of the way from corrupt (0) to clean (1). */
export type GradientPoint = "clean" | "corrupt" | { readonly share: number };

type Side = "clean" | "corrupt";

/** What is looked at: values in both prompts' runs and at all points, and gradients at the points. */
export interface Looks {
  readonly values: readonly string[];
  readonly gradients: readonly Pick<HookAt, "path" | "direction">[];
}

/** What is run. All is *borrowed*. */
export interface Subject {
  readonly target: HookTarget;
  readonly model: Transformer;
  readonly prompts: PromptPairs;
  readonly metric: Metric;
}

const shareOf = (point: GradientPoint): number =>
  point === "clean" ? 1 : point === "corrupt" ? 0 : point.share;

/**
 * The runs that first-order scores are made of: one forward and one backward pass, in which all points are rows of one batch, and a
 * forward pass of each prompt that is no point itself. Where the metric reads one position and nobody else has hooks, the last layer
 * and the head run there alone.
 *
 * **Ownership:** owns what it has seen.
 */
export class AttributionPass implements Disposable {
  /** How many points there are. */
  readonly points: number;
  readonly pairs: number;
  readonly #subject: Subject;
  readonly #shares: readonly number[];
  readonly #looks: Looks;
  readonly #values = { clean: new Captures(), corrupt: new Captures(), points: new Captures() };
  readonly #gradients = new Captures();
  readonly #metrics = new Map<Side, Tensor>();
  readonly #length: number;
  /** The one position that is read, counted from the start. */
  readonly #readAt: number | undefined;

  /** @throws ShapeError `CIRCUIT_POSITION`, `METRIC_SHAPE`; what the model throws. */
  constructor(subject: Subject, points: readonly GradientPoint[], looks: Looks) {
    const { model, metric, prompts } = subject;
    this.#subject = subject;
    this.#shares = points.map(shareOf);
    this.#looks = looks;
    this.points = points.length;
    const isOne = commonPosition([metric]) !== undefined && !hasHooks(model);
    [this.pairs = 1, this.#length = 1] = prompts.clean.shape;
    this.#readAt = isOne ? positionFor(metric, this.#length) : undefined;
    try {
      for (const side of ["clean", "corrupt"] as const) if (this.#rowOf(side) < 0) this.#forward(side);
      this.#backward();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #rowOf(side: Side): number {
    return this.#shares.indexOf(side === "clean" ? 1 : 0);
  }

  /** The metric of each pair in a prompt's run, `[pair]`. **Ownership:** *borrowed*. */
  metricOf(side: Side): Tensor {
    return this.#metrics.get(side) as Tensor; // both are made when the pass is
  }

  /** What passed a site in a prompt's run, `[pair, ...]`. New tensors belong to the scope. */
  value(side: Side, path: string): Tensor {
    const row = this.#rowOf(side);
    if (row < 0) return this.#values[side].get(path);
    const all = this.#values.points.get(path);
    return this.points === 1 ? all : slice(all, row * this.pairs, this.pairs);
  }

  /** How far a site's value is in the corrupt run from what it is in the clean one, `[pair, ...]`. New tensors belong to the scope. */
  change(path: string): Tensor {
    return sub(this.value("corrupt", path), this.value("clean", path));
  }

  /** What passed a site at the points, `[point * pair, ...]`. **Ownership:** *borrowed*. */
  atPoints(path: string): Tensor {
    return this.#values.points.get(path);
  }

  /** Gradients of the metric's sum at the points, `[point * pair, ...]`. **Ownership:** *borrowed*. */
  gradient(path: string): Tensor {
    return this.#gradients.get(path);
  }

  /** The same values at all positions, 0 at those that nothing was computed for. New tensors belong to the scope. */
  whole(x: Tensor, axis: number): Tensor {
    const [length, at] = [this.#length, this.#readAt];
    if (at === undefined || x.shape[axis] === length) return x;
    return pad(
      x,
      x.shape.map((_, i): [number, number] => (i === axis ? [at, length - 1 - at] : [0, 0])),
    );
  }

  #forward(side: Side): void {
    const { target, prompts } = this.#subject;
    const hooks = this.#looks.values.map((path) => this.#values[side].at(path));
    const metric = tidy(() =>
      withHooks(target, hooks, () => keptClone(this.#measured([prompts[side], {}], hooks, 1))),
    );
    this.#metrics.set(side, metric);
  }

  #backward(): void {
    const { target } = this.#subject;
    const hooks = [
      ...this.#looks.values.map((path) => this.#values.points.at(path)),
      ...this.#looks.gradients.map(({ path, direction }) => this.#gradients.at(path, direction)),
    ];
    let metric: Tensor | undefined;
    tidy(() => {
      const args = this.#start();
      const binding = new Binding(target, "circuits");
      using hooked = new HookedModule(target, { binding, dispose: () => binding.dispose() });
      withHooks(target, hooks, () =>
        hooked.backward(() => {
          const found = this.#measured(args, hooks, this.points);
          metric?.dispose();
          metric = keptClone(found);
          return sum(found);
        }),
      );
    });
    for (const side of ["clean", "corrupt"] as const) {
      const row = this.#rowOf(side);
      if (row < 0) continue;
      const own = tidy(() => keptClone(slice(metric as Tensor, row * this.pairs, this.pairs))); // it has run
      this.#metrics.set(side, own);
    }
    metric?.dispose();
  }

  /** What the points' run is given: tokens where they are prompts, otherwise streams between those that the prompts begin with. */
  #start(): [Tensor, object] {
    const { target, prompts } = this.#subject;
    const isBetween = this.#shares.some((share) => share !== 0 && share !== 1);
    const first = (side: Side): Tensor =>
      isBetween ? outputOf(target, [prompts[side], { stopAtLayer: 0 }]) : prompts[side];
    const sides = new Map<number, Tensor>();
    const end = (share: 0 | 1): Tensor => {
      const known = sides.get(share) ?? first(share === 1 ? "clean" : "corrupt");
      sides.set(share, known);
      return known;
    };
    const rows = this.#shares.map((share) =>
      share === 0 || share === 1 ? end(share) : add(mul(end(0), 1 - share), mul(end(1), share)),
    );
    return [concat(rows, 0), isBetween ? { startAtLayer: 0 } : {}];
  }

  #measured([input, given]: [Tensor, object], hooks: readonly HookAt[], times: number): Tensor {
    const { target, metric } = this.#subject;
    const run = (inputs: object): Tensor => outputOf(target, [input, { ...given, ...inputs }]);
    const logits =
      this.#readAt === undefined
        ? logitsOf(target, [metric], run, hooks)
        : reshape(run({ outputAt: this.#readAt }), [times * this.pairs, -1]);
    const pairs = Array.from({ length: times * this.pairs }, (_, row) => row % this.pairs);
    return measured(metric, logits, pairs);
  }

  [Symbol.dispose](): void {
    for (const captures of Object.values(this.#values)) captures[Symbol.dispose]();
    this.#gradients[Symbol.dispose]();
    for (const metric of this.#metrics.values()) metric.dispose();
  }
}
