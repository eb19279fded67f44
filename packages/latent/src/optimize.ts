import { option, readOptions } from "@hookdict/contexts";
import { Binding, type Hookable, type Pattern, resolveTarget } from "@hookdict/core";
import { checkArgument, isTensor, MOST_COUNT } from "@hookdict/tensordict";
import {
  add,
  div,
  keep,
  mul,
  sqrt,
  square,
  sub,
  reshape,
  type Scalar,
  type Tensor,
  tidy,
  valueAndGrad,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { objectiveInvalid } from "./errors.ts";

/** One stretch of an optimization. */
export interface OptimizeStage {
  /** How many steps at the most. */
  readonly steps: number;
  readonly learningRate: number;
}

/** Options of {@link optimizeIntervention}. */
export interface OptimizeInterventionOptions {
  /** Where the value stands in the site's place; exactly one site. */
  readonly at: Pattern;
  /** What it begins with. *Borrowed*. */
  readonly start: Tensor;
  /** Whether the value is put in the site's place, or added to what passes. Default `"add"`. */
  readonly mode?: "add" | "replace";
  /** One after the other. Default one of 100 steps at 0.1. */
  readonly stages?: readonly OptimizeStage[];
  /** Ends a stage once the objective is at most this. */
  readonly target?: number;
  /** Ends a stage when so many steps have not bettered the objective by more than a millionth part. Default 20. */
  readonly patience?: number;
  readonly signal?: { readonly aborted: boolean };
}

/** Why an optimization has ended. */
export type OptimizeStatus = "converged" | "stalled" | "budgetSpent" | "nonFinite" | "aborted";

/** What {@link optimizeIntervention} has found. */
export interface OptimizedIntervention {
  /** The best value met. **Ownership:** the receiver's. */
  readonly value: Tensor;
  /** The objective at that value. */
  readonly objective: number;
  readonly status: OptimizeStatus;
  /** The objective before each step, stage by stage. */
  readonly history: readonly (readonly number[])[];
}

const OPTIONS = {
  mode: option.oneOf("add", "replace").default("add"),
  patience: option.number({ min: 1, max: MOST_COUNT, integer: true }).default(20),
} as const;

/**
 * Finds the value at a site that makes an objective of the model's run least, by gradient steps (Adam). The model is afterwards as before,
 * also after exceptions. **Ownership:** borrows all but what it returns.
 *
 * @param objective Runs the model and gives a float32 scalar: what shall be least.
 * @throws UsageError `OPTION_INVALID`, `OPTION_UNKNOWN`, `OBJECTIVE_INVALID`; MatchError `PATTERN_UNMATCHED`; what the objective throws
 * @example no-run
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const start = zeros([128]);
 * const { value, status } = await optimizeIntervention(model, () => nextTokenLoss(model.call(tokens), tokens), {
 *   at: "blocks.1.hook_resid_post",
 *   start,
 * });
 */
export async function optimizeIntervention(
  model: Hookable,
  objective: () => Tensor,
  options: OptimizeInterventionOptions,
): Promise<OptimizedIntervention> {
  checkArgument("optimizeIntervention", "objective", objective, "a function");
  checkArgument("optimizeIntervention", "options", options, "a record");
  const {
    at,
    start,
    stages = [{ steps: 100, learningRate: 0.1 }],
    target = -Infinity,
    signal,
    ...rest
  } = options;
  const { mode, patience } = readOptions("optimizeIntervention", OPTIONS, rest);
  using binding = new Binding(resolveTarget(model), "optimizeIntervention");
  let present: Tensor = start;
  binding.hook(at, "fwd", {
    run: (value: Tensor) => (mode === "replace" ? mul(present, 1) : add(value, present)),
  });
  const evaluate = (value: Tensor): { readonly value: Tensor; readonly grad: Tensor } =>
    valueAndGrad((one: Tensor) => {
      present = one;
      return scalarOf(objective());
    })(value);
  const state = new Descent(start);
  try {
    const history: number[][] = [];
    let status: OptimizeStatus = "budgetSpent";
    for (const stage of stages) {
      const found = await state.run(stage, { evaluate, target, patience, signal });
      history.push(found.history);
      status = found.status;
      if (status === "nonFinite" || status === "aborted" || status === "converged") break;
    }
    return { value: state.takeBest(), objective: state.least, status, history };
  } finally {
    state.dispose();
  }
}

/** What a step needs. */
interface Terms {
  /** **Ownership:** returns owned. */
  readonly evaluate: (value: Tensor) => { readonly value: Tensor; readonly grad: Tensor };
  readonly target: number;
  readonly patience: number;
  readonly signal: { readonly aborted: boolean } | undefined;
}

/** A value on its way down, with the best that was met, and Adam's moments. */
class Descent {
  least = Infinity;
  #value: Tensor;
  #best: Tensor;
  #moments: readonly [Tensor, Tensor];
  #steps = 0;

  constructor(start: Tensor) {
    this.#value = keep(mul(start, 1));
    this.#best = keep(mul(start, 1));
    this.#moments = [keep(zerosLike(start)), keep(zerosLike(start))];
  }

  async run(
    { steps, learningRate }: OptimizeStage,
    { evaluate, target, patience, signal }: Terms,
  ): Promise<{ readonly history: number[]; readonly status: OptimizeStatus }> {
    const history: number[] = [];
    let waited = 0;
    for (let step = 0; step <= steps; step++) {
      if (signal?.aborted === true) return { history, status: "aborted" };
      const found = evaluate(this.#value);
      const [objective = Number.NaN] = await found.value.data();
      found.value.dispose();
      history.push(objective);
      const isFinite = Number.isFinite(objective);
      const isBetter = this.least === Infinity || objective < this.least - 1e-6 * Math.abs(this.least);
      waited = isFinite && isBetter ? 0 : waited + 1;
      if (isFinite && objective < this.least) this.#note(objective);
      const status = isFinite
        ? objective <= target
          ? "converged"
          : waited >= patience
            ? "stalled"
            : undefined
        : "nonFinite";
      if (status === undefined && step < steps) this.#step(found.grad, learningRate);
      found.grad.dispose();
      if (status !== undefined) return { history, status };
    }
    return { history, status: "budgetSpent" };
  }

  /** **Ownership:** returns owned. */
  takeBest(): Tensor {
    return mul(this.#best, 1);
  }

  dispose(): void {
    for (const one of [this.#value, this.#best, ...this.#moments]) one.dispose();
  }

  #note(objective: number): void {
    this.least = objective;
    this.#best.dispose();
    this.#best = keep(mul(this.#value, 1));
  }

  /** Adam, Kingma and Ba, arXiv 1412.6980. */
  #step(gradient: Tensor, learningRate: number): void {
    this.#steps++;
    const [first, second] = this.#moments;
    const made = tidy(() => {
      const m = add(mul(first, 0.9), mul(gradient, 0.1));
      const v = add(mul(second, 0.999), mul(square(gradient), 0.001));
      const size = add(sqrt(div(v, 1 - 0.999 ** this.#steps)), 1e-8);
      return [m, v, sub(this.#value, mul(div(div(m, 1 - 0.9 ** this.#steps), size), learningRate))];
    });
    for (const one of [this.#value, first, second]) one.dispose();
    const [m, v, value] = made.map((one) => keep(one)) as [Tensor, Tensor, Tensor];
    this.#moments = [m, v];
    this.#value = value;
  }
}

/** @throws UsageError `OBJECTIVE_INVALID` */
function scalarOf(value: unknown): Scalar {
  if (!isTensor(value) || value.size !== 1 || value.dtype !== "float32") throw objectiveInvalid(value);
  return reshape(value, []);
}
