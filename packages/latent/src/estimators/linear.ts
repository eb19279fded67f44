import { showAsText } from "@hookdict/tensordict";
import { reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { Matrix } from "ml-matrix";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { rankOfRows, svd } from "../rows/decompose.ts";
import { centred, columnMeans, dot, type Rows, toMatrix } from "../rows/rows.ts";
import { notFitted, systemSingular } from "./errors.ts";
import { applyLinear, type Estimator, type LinearCoefficients } from "./estimator.ts";
import { type Evaluation, proximal } from "./optimum.ts";
import { determination, readExamples } from "./targets.ts";

/** Options of {@link LinearRegression}. */
export interface LinearRegressionOptions {
  /** Weight of the penalty. Default 0: least squares. */
  readonly alpha?: number;
  /** `"l2"` (ridge): `alpha |W|^2`; `"l1"` (lasso): `alpha sum |W|`. The intercept is free. Default `"l2"`. */
  readonly penalty?: "l1" | "l2";
}

/**
 * Least squares, ridge or lasso at the optimum, computed in 64 bits: `sum |X w + b - y|^2 + penalty`. Targets are `[n]` or `[n, outputs]`.
 *
 * @example
 * const probe = await new LinearRegression().fit(tensor2d([[0], [1], [2]]), tensor1d([1, 3, 5]));
 * const { coef, intercept } = probe.coefficients;
 * [coef[0][0].toFixed(3), intercept[0].toFixed(3)]; // => ["2.000", "1.000"]
 */
export class LinearRegression implements Estimator {
  static {
    showAsText(this, (own) => `${own.name} (${own.#found === undefined ? "not fitted" : "fitted"})`);
  }

  readonly name: string = "LinearRegression";
  readonly #alpha: number;
  readonly #penalty: "l1" | "l2";
  #found: LinearCoefficients | undefined;
  #isVector = false;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: LinearRegressionOptions = {}) {
    checkKnownOptions("LinearRegression", options, ["alpha", "penalty"]);
    const { alpha = 0, penalty = "l2" } = options;
    if (!(Number.isFinite(alpha) && alpha >= 0))
      throw optionInvalid("LinearRegression", "alpha", alpha, "a number of at least 0");
    if (!["l1", "l2"].includes(penalty))
      throw optionInvalid("LinearRegression", "penalty", penalty, '"l1" or "l2"');
    [this.#alpha, this.#penalty] = [alpha, penalty];
  }

  /** @throws UsageError `NOT_FITTED` */
  get coefficients(): LinearCoefficients {
    if (this.#found === undefined) throw notFitted(this.name);
    return this.#found;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `SYSTEM_SINGULAR`, `NOT_CONVERGED` */
  async fit(x: Tensor, y: Tensor): Promise<this> {
    const [rows, targets] = await readExamples(this.name, x, y);
    const solve = this.#penalty === "l1" && this.#alpha > 0 ? lasso : ridge;
    this.#found = await solve(this.name, rows, targets, this.#alpha);
    this.#isVector = y.rank === 1;
    return this;
  }

  /** Of the shape of the targets that it was fitted to. **Ownership:** borrows `x`, returns owned. */
  predict(x: Tensor): Tensor {
    return tidy(() => {
      const found = applyLinear(this.name, x, this.#found);
      return this.#isVector ? reshape(found, [-1]) : found;
    });
  }

  /** R^2, the mean over outputs. */
  async score(x: Tensor, y: Tensor): Promise<number> {
    return scoreNumbers(this, x, y);
  }
}

/** R^2 of an estimator of numbers. **Ownership:** borrows both. */
export async function scoreNumbers<X>(
  estimator: Estimator<X>,
  x: X & (Tensor | readonly Tensor[]),
  y: Tensor,
): Promise<number> {
  const first = Array.isArray(x) ? (x[0] as Tensor) : (x as Tensor);
  const [, targets] = await readExamples(estimator.name, first, y);
  const predicted = estimator.predict(x);
  try {
    return determination(await predicted.data(), targets);
  } finally {
    predicted.dispose();
  }
}

/** Ridge with a free intercept by singular values; least squares where `alpha` is 0. @throws UsageError `SYSTEM_SINGULAR` */
export function ridge(owner: string, x: Rows, y: Rows, alpha: number): LinearCoefficients {
  const [a, b] = [toMatrix(centred(x)), toMatrix(centred(y))];
  const { u, s, v } = svd(a);
  const rank = rankOfRows(s, x);
  if (alpha === 0 && rank < x.width) throw systemSingular(owner, rank, x.width);
  const projected = u.transpose().mmul(b);
  const shrunk = new Matrix(projected.rows, projected.columns);
  for (let i = 0; i < projected.rows; i++)
    for (let j = 0; j < projected.columns; j++) {
      const one = s[i] ?? 0;
      shrunk.set(i, j, one === 0 ? 0 : (projected.get(i, j) * one) / (one ** 2 + alpha));
    }
  return withIntercept(v.mmul(shrunk).transpose().to2DArray(), x, y);
}

/** @throws UsageError `NOT_CONVERGED` */
async function lasso(owner: string, x: Rows, y: Rows, alpha: number): Promise<LinearCoefficients> {
  const [a, b] = [centred(x), centred(y)];
  const [matrix, columns] = [toMatrix(a), toMatrix(b)];
  const gram = matrix
    .transpose()
    .mmul(matrix)
    .to2DArray()
    .map((row) => Float64Array.from(row));
  const steepness = 2 * (svd(matrix).s[0] ?? 0) ** 2 || 1;
  const coef: (readonly number[])[] = [];
  for (let output = 0; output < y.width; output++) {
    const cross = Float64Array.from(matrix.transpose().mmul(columns.getColumnVector(output)).to1DArray());
    const objective = {
      evaluate: async (w: Float64Array): Promise<Evaluation> => {
        const bent = w.map((_one, at) => 2 * dot(gram[at] ?? w, w));
        return {
          value: 0.5 * dot(w, bent) - 2 * dot(cross, w),
          slope: bent.map((one, at) => one - 2 * (cross[at] ?? 0)),
        };
      },
    };
    const start = new Float64Array(x.width);
    const limits = { owner, maxSteps: 100_000, tolerance: 1e-11 };
    const thresholds = start.map(() => alpha);
    coef.push([...(await proximal(objective, start, thresholds, steepness, limits))]);
  }
  return withIntercept(coef, x, y);
}

function withIntercept(coef: readonly (readonly number[])[], x: Rows, y: Rows): LinearCoefficients {
  const [mx, my] = [columnMeans(x), columnMeans(y)];
  const intercept = coef.map((row, output) => (my[output] ?? 0) - dot(Float64Array.from(row), mx));
  return { coef, intercept };
}
