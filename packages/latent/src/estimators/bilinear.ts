import { checkArgument, showAsText, countWords, isCount } from "@hookdict/tensordict";
import {
  add,
  einsum,
  matMul,
  mean,
  mul,
  reshape,
  type Scalar,
  squaredDifference,
  sum,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { rowsDiffer, shapeDiffers } from "../rows/errors.ts";
import { needRows, readRows, rowOf, type Rows } from "../rows/rows.ts";
import { descend, type DescentOptions, seededStart } from "./descent.ts";
import { notFitted } from "./errors.ts";
import type { Estimator } from "./estimator.ts";
import { ridge, scoreNumbers } from "./linear.ts";
import { readExamples } from "./targets.ts";

/** Values of the same examples at two sites, `[n, ...]` each. */
export type TwoSites = readonly [Tensor, Tensor];

/** What {@link Bilinear} has found. */
export interface BilinearCoefficients {
  /** `[outputs, width1, width2]` */
  readonly A: readonly (readonly (readonly number[])[])[];
  readonly intercept: readonly number[];
}

async function readSites(
  owner: string,
  both: TwoSites,
  targets: Tensor,
): Promise<readonly [Rows, Rows, Rows]> {
  const [x, y] = twoOf(owner, both);
  const [first, wanted] = await readExamples(owner, x, targets);
  const second = await readRows(owner, "x[1]", y);
  if (second.n !== first.n) throw rowsDiffer(owner, first.n, "x[1]", second.n);
  return [first, second, wanted];
}

/** The values of two sites. @throws UsageError `ARGUMENT_INVALID`, ShapeError `ROWS_INVALID` */
function twoOf(owner: string, both: TwoSites): TwoSites {
  checkArgument(owner, "x", both, "a list");
  needRows(owner, "x[0]", both[0]);
  needRows(owner, "x[1]", both[1]);
  return both;
}

const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0] ?? 1, -1]);

/** Options of {@link Bilinear}. */
export interface BilinearOptions {
  /** Weight of the penalty `alpha |A|^2`. Default 0.1. */
  readonly alpha?: number;
  /** What is found already. */
  readonly found?: BilinearCoefficients;
}

/**
 * `h1^T A h2 + b` of the values at two sites, at the optimum of squares and penalty. Targets are `[n]` or `[n, outputs]`.
 *
 * @example
 * const [h1, h2] = [tensor2d([[1], [2], [3]]), tensor2d([[1], [1], [2]])];
 * const probe = await new Bilinear({ alpha: 0 }).fit([h1, h2], tensor1d([1, 2, 6]));
 * probe.coefficients.A[0][0][0].toFixed(3); // => "1.000"
 */
export class Bilinear implements Estimator<TwoSites> {
  static {
    showAsText(this, (own) => `${own.name} (${own.#found === undefined ? "not fitted" : "fitted"})`);
  }

  readonly name: string = "Bilinear";
  readonly #alpha: number;
  #found: BilinearCoefficients | undefined;
  #isVector = false;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: BilinearOptions = {}) {
    checkKnownOptions("Bilinear", options, ["alpha", "found"]);
    const { alpha = 0.1, found } = options;
    if (!(Number.isFinite(alpha) && alpha >= 0))
      throw optionInvalid("Bilinear", "alpha", alpha, "a number of at least 0");
    [this.#alpha, this.#found] = [alpha, found];
  }

  /** @throws UsageError `NOT_FITTED` */
  get coefficients(): BilinearCoefficients {
    if (this.#found === undefined) throw notFitted(this.name);
    return this.#found;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `SYSTEM_SINGULAR` */
  async fit(x: TwoSites, y: Tensor): Promise<this> {
    const [a, b, targets] = await readSites(this.name, x, y);
    const products = new Float64Array(a.n * a.width * b.width);
    for (let row = 0; row < a.n; row++)
      rowOf(a, row).forEach((one, i) =>
        rowOf(b, row).forEach((other, j) => (products[(row * a.width + i) * b.width + j] = one * other)),
      );
    const rows = { n: a.n, width: a.width * b.width, values: products };
    const { coef, intercept } = ridge(this.name, rows, targets, this.#alpha);
    const A = coef.map((flatA) =>
      Array.from({ length: a.width }, (_, i) => flatA.slice(i * b.width, (i + 1) * b.width)),
    );
    this.#found = { A, intercept };
    this.#isVector = y.rank === 1;
    return this;
  }

  /** Of the shape of the targets. **Ownership:** borrows `x`, returns owned. @throws ShapeError `SHAPE_DIFFERS` */
  predict(both: TwoSites): Tensor {
    const [x, y] = twoOf(this.name, both);
    const { A, intercept } = this.coefficients;
    return tidy(() => {
      const [a, b] = [flat(x), flat(y)];
      const wanted = [A[0]?.length ?? 0, A[0]?.[0]?.length ?? 0];
      const got = [a.shape[1] ?? 0, b.shape[1] ?? 0];
      if (got.join() !== wanted.join()) throw shapeDiffers(this.name, "two sites", wanted, got);
      const weights = tensor(A as number[][][], undefined, "float32");
      const left = einsum("ni,kij->nkj", a, weights);
      const found = add(
        sum(mul(left, reshape(b, [-1, 1, wanted[1] ?? 1])), 2),
        tensor1d(intercept as number[], "float32"),
      );
      return this.#isVector ? reshape(found, [-1]) : found;
    });
  }

  /** R^2, the mean over outputs. */
  async score(x: TwoSites, y: Tensor): Promise<number> {
    return scoreNumbers(this, x, y);
  }
}

/**
 * What {@link LowRankBilinear} has found: `U` and `V` are `[width, outputs * rank]`, the columns of an output beside each other, `bu` and
 * `bv` `[outputs * rank]`.
 */
export interface LowRankCoefficients {
  readonly U: readonly (readonly number[])[];
  readonly bu: readonly number[];
  readonly V: readonly (readonly number[])[];
  readonly bv: readonly number[];
  readonly intercept: readonly number[];
}

/** Options of {@link LowRankBilinear}. */
export interface LowRankBilinearOptions extends DescentOptions {
  /** Rank of each output's matrix. Default 1. */
  readonly rank?: number;
  /** Draws the values to start from. Default 0. */
  readonly seed?: number;
  /** What is found already. */
  readonly found?: LowRankCoefficients;
}

/**
 * `(h1 U + bu) * (h2 V + bv) + b` of the values at two sites, added up over the `rank` of each output, fitted by steps of Adam on the
 * mean square.
 *
 * @example
 * const [h1, h2] = [tensor2d([[1], [2], [3], [-1]]), tensor2d([[1], [1], [2], [1]])];
 * const y = tensor1d([1, 2, 6, -1]);
 * const probe = await new LowRankBilinear({ learningRate: 0.05, epochs: 400 }).fit([h1, h2], y);
 * (await probe.score([h1, h2], y)) > 0.99; // => true
 */
export class LowRankBilinear implements Estimator<TwoSites> {
  static {
    showAsText(this, (own) => `${own.name} (${own.#found === undefined ? "not fitted" : "fitted"})`);
  }

  readonly name: string = "LowRankBilinear";
  readonly #options: LowRankBilinearOptions;
  #found: LowRankCoefficients | undefined;
  #isVector = false;

  /** @throws UsageError `OPTION_UNKNOWN` */
  constructor(options: LowRankBilinearOptions = {}) {
    checkKnownOptions("LowRankBilinear", options, [
      "rank",
      "seed",
      "found",
      "epochs",
      "learningRate",
      "onEpoch",
    ]);
    const { rank = 1 } = options;
    if (!isCount(rank)) throw optionInvalid("LowRankBilinear", "rank", rank, countWords());
    this.#options = { ...options };
    this.#found = options.found;
  }

  /** @throws UsageError `NOT_FITTED` */
  get coefficients(): LowRankCoefficients {
    if (this.#found === undefined) throw notFitted(this.name);
    return this.#found;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`; UsageError `ROWS_NOT_FINITE` */
  async fit(x: TwoSites, y: Tensor): Promise<this> {
    const [a, b, targets] = await readSites(this.name, x, y);
    const { seed = 0, rank = 1 } = this.#options;
    const outputs = targets.width;
    const columns = outputs * rank;
    const drawn = (width: number, own: number): Tensor =>
      tensor(seededStart(width * columns, width, 2 * seed + own), [width, columns]);
    const zeros = (count: number): Tensor => tensor1d(new Float32Array(count));
    const start = [drawn(a.width, 0), zeros(columns), drawn(b.width, 1), zeros(columns), zeros(outputs)];
    const data = [a, b, targets].map(({ n, width, values }) => tensor(Float32Array.from(values), [n, width]));
    const [h1, h2, wanted] = data as [Tensor, Tensor, Tensor];
    const loss = (parameters: readonly Tensor[]): Scalar =>
      mean(squaredDifference(product(h1, h2, parameters), wanted));
    try {
      const found = await descend(this.name, start, loss, this.#options);
      this.#found = {
        U: (await found[0]?.array()) as number[][],
        bu: (await found[1]?.array()) as number[],
        V: (await found[2]?.array()) as number[][],
        bv: (await found[3]?.array()) as number[],
        intercept: (await found[4]?.array()) as number[],
      };
      for (const one of found) one.dispose();
    } finally {
      for (const one of data) one.dispose();
    }
    this.#isVector = y.rank === 1;
    return this;
  }

  /** Of the shape of the targets. **Ownership:** borrows `x`, returns owned. @throws ShapeError `SHAPE_DIFFERS` */
  predict(both: TwoSites): Tensor {
    const [x, y] = twoOf(this.name, both);
    const { U, bu, V, bv, intercept } = this.coefficients;
    return tidy(() => {
      const [a, b] = [flat(x), flat(y)];
      const got = [a.shape[1] ?? 0, b.shape[1] ?? 0];
      if (got[0] !== U.length || got[1] !== V.length)
        throw shapeDiffers(this.name, "two sites", [U.length, V.length], got);
      const parameters = [U, bu, V, bv, intercept].map((one) =>
        tensor(one as number[], undefined, "float32"),
      );
      const found = product(a, b, parameters);
      return this.#isVector ? reshape(found, [-1]) : found;
    });
  }

  /** R^2, the mean over outputs. */
  async score(x: TwoSites, y: Tensor): Promise<number> {
    return scoreNumbers(this, x, y);
  }
}

function product(h1: Tensor, h2: Tensor, parameters: readonly Tensor[]): Tensor {
  const [U, bu, V, bv, b] = parameters as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const products = mul(add(matMul(h1, U), bu), add(matMul(h2, V), bv));
  return add(sum(reshape(products, [h1.shape[0] ?? 1, b.size, -1]), 2), b);
}
