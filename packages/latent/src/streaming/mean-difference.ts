import { stateTensor } from "../state-tensor.ts";
import { counted, TensorDict, showAsText } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { labelsInvalid } from "../estimators/errors.ts";
import type { LinearCoefficients } from "../estimators/estimator.ts";
import { readExamples } from "../estimators/targets.ts";
import { columnsDiffer } from "../rows/errors.ts";
import { dot, rowOf } from "../rows/rows.ts";
import { fromDoubles, toDoubles } from "./doubles.ts";
import { streamEmpty, streamState } from "./errors.ts";
import type { StreamingEstimator } from "./streaming.ts";

/**
 * The difference of two classes' means over batches, the boundary half way between them; labels are 0 and 1.
 *
 * @example
 * const probe = new StreamingMeanDifference();
 * await fitStream(probe, [{ x: tensor2d([[0, 1]]), y: tensor1d([0]) }, { x: tensor2d([[3, 1]]), y: tensor1d([1]) }]);
 * probe.coefficients; // => { coef: [[3, 0]], intercept: [-4.5] }
 */
export class StreamingMeanDifference implements StreamingEstimator {
  static {
    showAsText(this, ({ name, rows }) => `${name} of ${counted(rows, "row")}`);
  }

  readonly name: string = "StreamingMeanDifference";
  readonly #counts: [number, number] = [0, 0];
  #sums: readonly [Float64Array, Float64Array] | undefined;

  get rows(): number {
    return this.#counts[0] + this.#counts[1];
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`, `COLUMNS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `LABELS_INVALID` */
  async update(x: Tensor, y: Tensor): Promise<void> {
    const [rows, labels] = await readExamples(this.name, x, y);
    const odd = labels.values.find((label) => label !== 0 && label !== 1);
    if (labels.width !== 1 || odd !== undefined)
      throw labelsInvalid(
        this.name,
        odd === undefined ? `${labels.width} values a row` : `the value ${odd}`,
        "0 or 1 for each row",
      );
    const sums = this.#sums ?? [new Float64Array(rows.width), new Float64Array(rows.width)];
    if (sums[0].length !== rows.width) throw columnsDiffer(this.name, sums[0].length, rows.width);
    labels.values.forEach((label, row) => {
      const place = label as 0 | 1; // just checked
      this.#counts[place]++;
      rowOf(rows, row).forEach((value, at) => (sums[place][at] = (sums[place][at] ?? 0) + value));
    });
    this.#sums = sums;
  }

  /** @throws UsageError `STREAM_EMPTY` before both classes have been seen */
  get coefficients(): LinearCoefficients {
    const [zeros, ones] = this.#counts;
    if (this.#sums === undefined || zeros === 0 || ones === 0)
      throw streamEmpty(this.name, "rows of both classes");
    const [low, high] = [this.#sums[0].map((sum) => sum / zeros), this.#sums[1].map((sum) => sum / ones)];
    const coef = [...high].map((value, at) => value - (low[at] ?? 0));
    return { coef: [coef], intercept: [-(dot(high, high) - dot(low, low)) / 2] };
  }

  state(): TensorDict {
    if (this.#sums === undefined) throw streamEmpty(this.name, "any rows");
    const [low, high] = this.#sums;
    return new TensorDict({
      zeros: fromDoubles(low),
      ones: fromDoubles(high),
      counts: fromDoubles(this.#counts),
    });
  }

  /** @throws UsageError `STREAM_STATE` */
  async restore(state: TensorDict): Promise<void> {
    const read = (key: string): Promise<Float64Array> =>
      toDoubles(this.name, key, stateTensor(this.name, state, key));
    const [zeros, ones, counts] = [await read("zeros"), await read("ones"), await read("counts")];
    if (ones.length !== zeros.length || counts.length !== 2)
      throw streamState(this.name, "its sums do not fit");
    const [a = 0, b = 0] = counts;
    this.#sums = [zeros, ones];
    [this.#counts[0], this.#counts[1]] = [a, b];
  }
}
