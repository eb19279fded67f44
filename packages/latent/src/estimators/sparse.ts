import { showAsText, countWords, isCount } from "@hookdict/tensordict";
import { needRows } from "../rows/rows.ts";
import { gather, reshape, tensor1d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { columnMeans, pickRows } from "../rows/rows.ts";
import { columnsDiffer } from "../rows/errors.ts";
import { notFitted } from "./errors.ts";
import type { Estimator, LinearCoefficients } from "./estimator.ts";
import { LogisticRegression, scoreClasses } from "./logistic.ts";
import { readExamples, twoClassesOf } from "./targets.ts";

/** Options of {@link SparseProbe}. */
export interface SparseProbeOptions {
  /** How many features it may use. Default 1. */
  readonly k?: number;
  /** Of the logistic regression on those. Default 1. */
  readonly C?: number;
}

/**
 * Logistic regression of two classes on the `k` features whose means differ the most: which few neurons tell a concept.
 * Gurnee et al., arXiv 2305.01610. Labels are whole numbers, `[n]`.
 *
 * @example
 * const x = tensor2d([[0, 1, 5], [0, 2, 5], [0, 8, 5], [0, 9, 5]]);
 * const probe = await new SparseProbe({ k: 1 }).fit(x, tensor1d([0, 0, 1, 1]));
 * probe.features; // => [1]
 */
export class SparseProbe implements Estimator {
  static {
    showAsText(this, (own) => `${own.name} (${own.#features === undefined ? "not fitted" : "fitted"})`);
  }

  readonly name: string = "SparseProbe";
  readonly #k: number;
  readonly #inner: LogisticRegression;
  #features: readonly number[] | undefined;
  #width = 0;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: SparseProbeOptions = {}) {
    checkKnownOptions("SparseProbe", options, ["k", "C"]);
    const { k = 1, C = 1 } = options;
    if (!isCount(k)) throw optionInvalid("SparseProbe", "k", k, countWords());
    this.#k = k;
    this.#inner = new LogisticRegression({ C });
  }

  /** The features that it uses, the one that differs the most first. @throws UsageError `NOT_FITTED` */
  get features(): readonly number[] {
    if (this.#features === undefined) throw notFitted(this.name);
    return this.#features;
  }

  /** Of the features that it uses. @throws UsageError `NOT_FITTED` */
  get coefficients(): LinearCoefficients {
    return this.#inner.coefficients;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `LABELS_INVALID`, `NOT_CONVERGED`, `OPTION_INVALID` */
  async fit(x: Tensor, y: Tensor): Promise<this> {
    const [rows, targets] = await readExamples(this.name, x, y);
    if (this.#k > rows.width)
      throw optionInvalid(this.name, "k", this.#k, `at most the ${rows.width} features there are`);
    const { places } = twoClassesOf(this.name, targets);
    const meansOf = (place: number): Float64Array =>
      columnMeans(
        pickRows(
          rows,
          [...places.keys()].filter((row) => places[row] === place),
        ),
      );
    const [low, high] = [meansOf(0), meansOf(1)];
    const apart = low.map((value, at) => Math.abs(value - (high[at] ?? 0)));
    const order = [...apart.keys()].sort((a, b) => (apart[b] ?? 0) - (apart[a] ?? 0) || a - b);
    this.#features = order.slice(0, this.#k);
    this.#width = rows.width;
    const picked = this.#pick(x);
    try {
      await this.#inner.fit(picked, y);
    } finally {
      picked.dispose();
    }
    return this;
  }

  /** Labels, `[n]`, int32. **Ownership:** borrows `x`, returns owned. @throws ShapeError `ROWS_INVALID`, `COLUMNS_DIFFER`; UsageError `NOT_FITTED` */
  predict(x: Tensor): Tensor {
    needRows(this.name, "x", x);
    const width = x.size / (x.shape[0] ?? 1);
    if (this.features.length > 0 && width !== this.#width) throw columnsDiffer(this.name, this.#width, width);
    return tidy(() => this.#inner.predict(this.#pick(x)));
  }

  /** The part of labels that are right. */
  async score(x: Tensor, y: Tensor): Promise<number> {
    return scoreClasses(this, x, y);
  }

  #pick(x: Tensor): Tensor {
    return tidy(() =>
      gather(reshape(x, [x.shape[0] ?? 1, -1]), tensor1d(this.features as number[], "int32"), 1),
    );
  }
}
