import { showAsText } from "@hookdict/tensordict";
import {
  cast,
  gather,
  greater,
  concat,
  reshape,
  sigmoid,
  sub,
  type Tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { columnMeans, dot, pickRows, type Rows } from "../rows/rows.ts";
import { notFitted } from "./errors.ts";
import { applyLinear, type Estimator, type LinearCoefficients } from "./estimator.ts";
import { ridge } from "./linear.ts";
import { scoreClasses } from "./logistic.ts";
import { type Classes, readExamples, twoClassesOf } from "./targets.ts";

/** An estimator of two classes by the sign of one linear function. */
abstract class TwoClassEstimator implements Estimator {
  static {
    showAsText(this, (own) => `${own.name} (${own.#found === undefined ? "not fitted" : "fitted"})`);
  }

  abstract readonly name: string;
  #found: LinearCoefficients | undefined;
  #labels: readonly number[] = [];

  /** @throws UsageError `NOT_FITTED` */
  get coefficients(): LinearCoefficients {
    if (this.#found === undefined) throw notFitted(this.name);
    return this.#found;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `LABELS_INVALID` */
  async fit(x: Tensor, y: Tensor): Promise<this> {
    const [rows, targets] = await readExamples(this.name, x, y);
    const classes = twoClassesOf(this.name, targets);
    this.#found = this.solve(rows, classes);
    this.#labels = classes.labels;
    return this;
  }

  /** The linear function, `[n]`: above 0 for the larger label. **Ownership:** borrows `x`, returns owned. */
  decision(x: Tensor): Tensor {
    return tidy(() => reshape(applyLinear(this.name, x, this.#found), [-1]));
  }

  /** `[n, 2]`, the sigmoid of the linear function for the larger label. **Ownership:** borrows `x`, returns owned. */
  probabilities(x: Tensor): Tensor {
    return tidy(() => {
      const p = sigmoid(applyLinear(this.name, x, this.#found));
      return concat([sub(1, p), p], 1);
    });
  }

  /** Labels, `[n]`, int32. **Ownership:** borrows `x`, returns owned. */
  predict(x: Tensor): Tensor {
    return tidy(() => {
      const places = cast(greater(this.decision(x), 0), "int32");
      return gather(tensor1d(this.#labels as number[], "int32"), places);
    });
  }

  /** The part of labels that are right. */
  async score(x: Tensor, y: Tensor): Promise<number> {
    return scoreClasses(this, x, y);
  }

  protected abstract solve(x: Rows, classes: Classes): LinearCoefficients;
}

/** Options of {@link RidgeClassifier}. */
export interface RidgeClassifierOptions {
  /** Weight of the penalty. Default 1. */
  readonly alpha?: number;
}

/**
 * Ridge regression on labels -1 and +1; the sign tells the class.
 *
 * @example
 * const x = tensor2d([[0], [1], [3], [4]]);
 * const probe = await new RidgeClassifier().fit(x, tensor1d([0, 0, 1, 1]));
 * await probe.score(x, tensor1d([0, 0, 1, 1])); // => 1
 */
export class RidgeClassifier extends TwoClassEstimator {
  override readonly name: string = "RidgeClassifier";
  readonly #alpha: number;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: RidgeClassifierOptions = {}) {
    super();
    checkKnownOptions("RidgeClassifier", options, ["alpha"]);
    const { alpha = 1 } = options;
    if (!(Number.isFinite(alpha) && alpha >= 0))
      throw optionInvalid("RidgeClassifier", "alpha", alpha, "a number of at least 0");
    this.#alpha = alpha;
  }

  protected override solve(x: Rows, { places }: Classes): LinearCoefficients {
    const signs = Float64Array.from(places, (place) => 2 * place - 1);
    return ridge(this.name, x, { n: x.n, width: 1, values: signs }, this.#alpha);
  }
}

/** Options of {@link MeanDifference}. */
export interface MeanDifferenceOptions {
  /** Divide direction and intercept by the direction's length. Default `false`. */
  readonly normalize?: boolean;
}

/**
 * The difference of the classes' means as a direction, the boundary half way between them.
 *
 * @example
 * const probe = await new MeanDifference().fit(tensor2d([[0, 1], [2, 1]]), tensor1d([0, 1]));
 * probe.coefficients; // => { coef: [[2, 0]], intercept: [-2] }
 */
export class MeanDifference extends TwoClassEstimator {
  override readonly name: string = "MeanDifference";
  readonly #normalize: boolean;

  /** @throws UsageError `OPTION_UNKNOWN` */
  constructor(options: MeanDifferenceOptions = {}) {
    super();
    checkKnownOptions("MeanDifference", options, ["normalize"]);
    this.#normalize = options.normalize === true;
  }

  protected override solve(x: Rows, { places }: Classes): LinearCoefficients {
    const meanOf = (place: number): Float64Array =>
      columnMeans(
        pickRows(
          x,
          [...places.keys()].filter((row) => places[row] === place),
        ),
      );
    const [negative, positive] = [meanOf(0), meanOf(1)];
    const direction = positive.map((value, at) => value - (negative[at] ?? 0));
    const length = this.#normalize ? Math.sqrt(dot(direction, direction)) || 1 : 1;
    const intercept = -(dot(positive, positive) - dot(negative, negative)) / 2 / length;
    return { coef: [[...direction].map((value) => value / length)], intercept: [intercept] };
  }
}
