import { showAsText, countWords, isCount } from "@hookdict/tensordict";
import {
  argMax,
  gather,
  greater,
  sigmoid,
  softmax,
  cast,
  type Tensor,
  tensor1d,
  tidy,
  reshape,
  concat,
  sub,
} from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import type { Rows } from "../rows/rows.ts";
import { notFitted } from "./errors.ts";
import { applyLinear, type Estimator, type LinearCoefficients } from "./estimator.ts";
import { exactProducts, RoughProducts } from "./linear-products.ts";
import { descendRoughly, largest, newton, proximal } from "./optimum.ts";
import { softmaxObjective } from "./softmax-objective.ts";
import { accuracyOf, type Classes, classesOf, readExamples } from "./targets.ts";

/** Options of {@link LogisticRegression}. */
export interface LogisticRegressionOptions {
  /** Weight of the data against the penalty. Default 1. */
  readonly C?: number;
  /** `"l2"`: `0.5 |W|^2`; `"l1"`: `sum |W|`. Intercepts are free. Default `"l2"`. */
  readonly penalty?: "l1" | "l2";
  /** Steps before it gives up. Default 200 with `"l2"`, 100,000 with `"l1"`. */
  readonly maxSteps?: number;
}

interface Found extends LinearCoefficients {
  readonly labels: readonly number[];
  readonly loss: number;
}

/**
 * Logistic regression at its converged optimum, computed in 64 bits: `penalty + C sum cross-entropy`. Two classes have one output,
 * more have one each (softmax). Labels are whole numbers, `[n]`.
 *
 * @example
 * const x = tensor2d([[0], [1], [3], [4]]);
 * const probe = await new LogisticRegression({ C: 10 }).fit(x, tensor1d([0, 0, 1, 1]));
 * (await probe.predict(x).data()).join(); // => "0,0,1,1"
 */
export class LogisticRegression implements Estimator {
  static {
    showAsText(this, (own) => `${own.name} (${own.#found === undefined ? "not fitted" : "fitted"})`);
  }

  readonly name: string = "LogisticRegression";
  readonly #options: Required<Omit<LogisticRegressionOptions, "maxSteps">> & { readonly maxSteps: number };
  #found: Found | undefined;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: LogisticRegressionOptions = {}) {
    checkKnownOptions("LogisticRegression", options, ["C", "penalty", "maxSteps"]);
    const { C = 1, penalty = "l2", maxSteps = penalty === "l1" ? 100_000 : 200 } = options;
    if (!(Number.isFinite(C) && C > 0)) throw optionInvalid("LogisticRegression", "C", C, "a number above 0");
    if (!["l1", "l2"].includes(penalty))
      throw optionInvalid("LogisticRegression", "penalty", penalty, '"l1" or "l2"');
    if (!isCount(maxSteps)) throw optionInvalid("LogisticRegression", "maxSteps", maxSteps, countWords());
    this.#options = { C, penalty, maxSteps };
  }

  /** @throws UsageError `NOT_FITTED` */
  get coefficients(): LinearCoefficients {
    return this.#fitted();
  }

  /** The labels that it tells apart, in the order of outputs. @throws UsageError `NOT_FITTED` */
  get labels(): readonly number[] {
    return this.#fitted().labels;
  }

  /** The mean cross-entropy of the rows that it was fitted to. @throws UsageError `NOT_FITTED` */
  get loss(): number {
    return this.#fitted().loss;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `LABELS_INVALID`, `NOT_CONVERGED` */
  async fit(x: Tensor, y: Tensor): Promise<this> {
    const [rows, targets] = await readExamples("LogisticRegression", x, y);
    this.#found = await this.#optimum(rows, classesOf("LogisticRegression", targets));
    return this;
  }

  /** Logits: `[n]` for two classes, else `[n, classes]`. **Ownership:** borrows `x`, returns owned. */
  decision(x: Tensor): Tensor {
    return tidy(() => {
      const logits = applyLinear(this.name, x, this.#found);
      return logits.shape[1] === 1 ? reshape(logits, [-1]) : logits;
    });
  }

  /** `[n, classes]`. **Ownership:** borrows `x`, returns owned. */
  probabilities(x: Tensor): Tensor {
    return tidy(() => {
      const logits = applyLinear(this.name, x, this.#found);
      if (logits.shape[1] !== 1) return softmax(logits);
      const p = sigmoid(logits);
      return concat([sub(1, p), p], 1);
    });
  }

  /** Labels, `[n]`, int32. **Ownership:** borrows `x`, returns owned. */
  predict(x: Tensor): Tensor {
    return tidy(() => {
      const logits = this.decision(x);
      const places = logits.rank === 1 ? cast(greater(logits, 0), "int32") : argMax(logits, 1);
      return gather(tensor1d(this.labels as number[], "int32"), cast(places, "int32"));
    });
  }

  /** The part of labels that are right. */
  async score(x: Tensor, y: Tensor): Promise<number> {
    return scoreClasses(this, x, y);
  }

  #fitted(): Found {
    if (this.#found === undefined) throw notFitted(this.name);
    return this.#found;
  }

  async #optimum(x: Rows, { labels, places }: Classes): Promise<Found> {
    const { penalty } = this.#options;
    const outputs = labels.length === 2 ? 1 : labels.length;
    const size = x.width + 1;
    const exact = exactProducts(x);
    const start = new Float64Array(outputs * size);
    const at = await (penalty === "l2"
      ? this.#ridged(x, places, outputs, start)
      : this.#lassoed(x, places, outputs, start));
    const row = (output: number): number[] => [...at.subarray(output * size, output * size + x.width)];
    return {
      coef: Array.from({ length: outputs }, (_, output) => row(output)),
      intercept: Array.from({ length: outputs }, (_, output) => at[output * size + x.width] ?? 0),
      labels,
      loss: (await softmaxObjective(exact, places, outputs, { C: 1 / x.n, l2: 0 }).evaluate(at)).value,
    };
  }

  /** Most of the way in 32 bits on the backend, the rest by slopes of 64 bits. */
  async #ridged(x: Rows, places: Int32Array, outputs: number, start: Float64Array): Promise<Float64Array> {
    const { C, maxSteps } = this.#options;
    const weights = { C, l2: 1 };
    using products = new RoughProducts(x);
    const rough = softmaxObjective(products, places, outputs, weights);
    const exact = softmaxObjective(exactProducts(x), places, outputs, weights);
    const first = largest((await rough.evaluate(start)).slope);
    const near = await descendRoughly(rough, start, { maxSteps, tolerance: 1e-5 });
    return await newton(exact, rough, near, first, { owner: this.name, maxSteps, tolerance: 1e-7 });
  }

  async #lassoed(x: Rows, places: Int32Array, outputs: number, start: Float64Array): Promise<Float64Array> {
    const { C, maxSteps } = this.#options;
    const size = x.width + 1;
    const thresholds = start.map((_, at) => (at % size === x.width ? 0 : 1));
    const squares = x.values.reduce((sum, value) => sum + value ** 2, x.n);
    const objective = softmaxObjective(exactProducts(x), places, outputs, { C, l2: 0 });
    return proximal(objective, start, thresholds, (C * squares) / (outputs === 1 ? 4 : 2), {
      owner: this.name,
      maxSteps,
      tolerance: 1e-10,
    });
  }
}

/** The accuracy of an estimator of classes. **Ownership:** borrows both. */
export async function scoreClasses(estimator: Estimator, x: Tensor, y: Tensor): Promise<number> {
  const [, targets] = await readExamples(estimator.name, x, y);
  const predicted = estimator.predict(x);
  try {
    return accuracyOf(await predicted.data(), targets);
  } finally {
    predicted.dispose();
  }
}
