import { stateTensor } from "../state-tensor.ts";
import { option, readOptions } from "@hookdict/contexts";
import { counted, TensorDict, showAsText } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { systemSingular } from "../estimators/errors.ts";
import type { LinearCoefficients } from "../estimators/estimator.ts";
import { readExamples } from "../estimators/targets.ts";
import { columnsDiffer } from "../rows/errors.ts";
import { toMatrix } from "../rows/rows.ts";
import { fromDoubles, toDoubles } from "./doubles.ts";
import { streamEmpty, streamState } from "./errors.ts";
import type { StreamingEstimator } from "./streaming.ts";

/** Options of {@link StreamingRidge}. */
export interface StreamingRidgeOptions {
  /** Weight of the penalty. Default 1. */
  readonly alpha?: number;
}

/**
 * Ridge regression with a free intercept over batches: sums of products are kept, not rows, so that what it finds is the optimum of all rows
 * together, whatever the batches.
 *
 * @example
 * const probe = new StreamingRidge({ alpha: 0 });
 * await fitStream(probe, [{ x: tensor2d([[0], [1]]), y: tensor1d([1, 3]) }, { x: tensor2d([[2]]), y: tensor1d([5]) }]);
 * probe.coefficients.coef[0][0].toFixed(3); // => "2.000"
 */
export class StreamingRidge implements StreamingEstimator {
  static {
    showAsText(this, ({ name, rows }) => `${name} of ${counted(rows, "row")}`);
  }

  readonly name: string = "StreamingRidge";
  readonly #alpha: number;
  #rows = 0;
  #outputs = 0;
  /** Sums of products of features, targets and one: `[width + outputs + 1]` squared. */
  #moments: Matrix | undefined;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: StreamingRidgeOptions = {}) {
    this.#alpha = readOptions(
      "StreamingRidge",
      { alpha: option.number({ min: 0 }).default(1) },
      options,
    ).alpha;
  }

  get rows(): number {
    return this.#rows;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`, `COLUMNS_DIFFER`; UsageError `ROWS_NOT_FINITE` */
  async update(x: Tensor, y: Tensor): Promise<void> {
    const [rows, targets] = await readExamples(this.name, x, y);
    const size = rows.width + targets.width + 1;
    if (this.#moments !== undefined && this.#moments.rows !== size)
      throw columnsDiffer(this.name, this.#moments.rows - 1 - this.#outputs, rows.width);
    const whole = Matrix.ones(rows.n, size);
    whole.setSubMatrix(toMatrix(rows), 0, 0);
    whole.setSubMatrix(toMatrix(targets), 0, rows.width);
    const products = whole.transpose().mmul(whole);
    this.#moments = this.#moments === undefined ? products : this.#moments.add(products);
    this.#rows += rows.n;
    this.#outputs = targets.width;
  }

  /** @throws UsageError `STREAM_EMPTY`, `SYSTEM_SINGULAR` */
  get coefficients(): LinearCoefficients {
    const moments = this.#moments;
    if (moments === undefined) throw streamEmpty(this.name, "any rows");
    const last = moments.rows - 1;
    const width = last - this.#outputs;
    // Sums of products about the means.
    const means = moments.subMatrix(0, last - 1, last, last).div(this.#rows);
    const about = Matrix.sub(
      moments.subMatrix(0, last - 1, 0, last - 1),
      means.mmul(means.transpose()).mul(this.#rows),
    );
    const gram = about.subMatrix(0, width - 1, 0, width - 1);
    const least = 1e-12 * Math.max(1, ...gram.diagonal());
    for (let at = 0; at < width; at++) gram.set(at, at, gram.get(at, at) + this.#alpha);
    const decomposed = new CholeskyDecomposition(gram);
    const pivots = decomposed.lowerTriangularMatrix.diagonal();
    const rank = pivots.filter((pivot) => pivot ** 2 > least).length;
    if (!decomposed.isPositiveDefinite() || rank < width) throw systemSingular(this.name, rank, width);
    const found = decomposed.solve(about.subMatrix(0, width - 1, width, last - 1)).transpose();
    const coef = found.to2DArray();
    const intercept = coef.map(
      (row, output) =>
        means.get(width + output, 0) - row.reduce((sum, value, at) => sum + value * means.get(at, 0), 0),
    );
    return { coef, intercept };
  }

  state(): TensorDict {
    const moments = this.#moments;
    if (moments === undefined) throw streamEmpty(this.name, "any rows");
    return new TensorDict({
      moments: fromDoubles(moments.to1DArray()),
      counts: fromDoubles([this.#rows, this.#outputs, moments.rows]),
    });
  }

  /** @throws UsageError `STREAM_STATE` */
  async restore(state: TensorDict): Promise<void> {
    const read = (key: string): Promise<Float64Array> =>
      toDoubles(this.name, key, stateTensor(this.name, state, key));
    const [values, counts] = [await read("moments"), await read("counts")];
    const [rows = 0, outputs = 0, size = 0] = counts;
    if (counts.length !== 3 || values.length !== size * size || outputs < 1 || outputs + 1 >= size)
      throw streamState(this.name, "its moments and counts do not fit");
    [this.#rows, this.#outputs, this.#moments] = [rows, outputs, Matrix.from1DArray(size, size, values)];
  }
}
