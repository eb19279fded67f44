import { stateTensor } from "../state-tensor.ts";
import { option, readOptions } from "@hookdict/contexts";
import { counted, TensorDict, showAsText } from "@hookdict/tensordict";
import { matMul, mul, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { labelsInvalid } from "../estimators/errors.ts";
import type { LinearCoefficients } from "../estimators/estimator.ts";
import { exactProducts } from "../estimators/linear-products.ts";
import { largest, solve } from "../estimators/optimum.ts";
import { softmaxObjective } from "../estimators/softmax-objective.ts";
import { readExamples } from "../estimators/targets.ts";
import { columnsDiffer } from "../rows/errors.ts";
import { dot, type Rows } from "../rows/rows.ts";
import { fromDoubles, toDoubles } from "./doubles.ts";
import { streamEmpty, streamState } from "./errors.ts";
import type { StreamingEstimator } from "./streaming.ts";

/** Options of {@link StreamingLogistic}. */
export interface StreamingLogisticOptions {
  /** Weight of the data against the penalty `0.5 |w|^2`. Default 1. */
  readonly C?: number;
  /** The two labels, the second of which is told by values above 0. Default `[0, 1]`. */
  readonly labels?: readonly [number, number];
  /** The largest slope at which it has converged, as a part of the first. Default 1e-6. */
  readonly tolerance?: number;
}

const OPTIONS = {
  C: option.number({ above: 0 }).default(1),
  labels: option
    .of<readonly [number, number]>("two different whole numbers", (value) => areLabels(value))
    .default([0, 1]),
  tolerance: option.number({ above: 0, below: 1 }).default(1e-6),
};

/**
 * Logistic regression of two classes over batches: each pass over the data is a step of Newton's method, for which slopes and curvature
 * are added up; a step that went too far is halved. A few passes reach the optimum of all rows together, that of `LogisticRegression`.
 *
 * @example
 * const probe = new StreamingLogistic();
 * const batches = () => [{ x: tensor2d([[0], [1]]), y: tensor1d([0, 0]) }, { x: tensor2d([[3], [4]]), y: tensor1d([1, 1]) }];
 * await fitStream(probe, batches, { passes: 20 });
 * probe.isConverged; // => true
 * probe.coefficients.coef[0][0].toFixed(3); // => "1.007"
 */
export class StreamingLogistic implements StreamingEstimator {
  static {
    showAsText(this, ({ name, rows }) => `${name} of ${counted(rows, "row")}`);
  }

  readonly name: string = "StreamingLogistic";
  readonly #options: {
    readonly C: number;
    readonly labels: readonly [number, number];
    readonly tolerance: number;
  };
  #rows = 0;
  #isConverged = false;
  #sums: Sums | undefined;
  #last: Step | undefined;
  #first = 0;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: StreamingLogisticOptions = {}) {
    this.#options = readOptions("StreamingLogistic", OPTIONS, options);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Whether the last pass found the slope of its parameters small enough. */
  get isConverged(): boolean {
    return this.#isConverged;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`, `COLUMNS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `LABELS_INVALID` */
  async update(x: Tensor, y: Tensor): Promise<void> {
    const [rows, labels] = await readExamples(this.name, x, y);
    const places = this.#placesOf(labels);
    const sums = this.#sums ?? emptySums(new Float64Array(rows.width + 1));
    const width = sums.at.length - 1;
    if (width !== rows.width) throw columnsDiffer(this.name, width, rows.width);
    const { C } = this.#options;
    const products = exactProducts(rows);
    const { value, slope } = await softmaxObjective(products, places, 1, { C, l2: 0 }).evaluate(sums.at);
    const bent = await curvatureOf(rows, await products.times(sums.at, 1), C);
    // All or nothing: what could fail has not.
    sums.value += value;
    addTo(sums.slope, slope);
    addTo(sums.curvature, bent);
    this.#sums = sums;
    this.#rows += rows.n;
  }

  /** Ends a pass over the data with a step; nothing before rows have been seen, and at the optimum. */
  async endPass(): Promise<void> {
    const sums = this.#sums;
    if (sums === undefined) return;
    const { at } = sums;
    const size = at.length;
    const free = at.map((one, place) => (place === size - 1 ? 0 : one));
    const value = sums.value + 0.5 * dot(free, free);
    const slope = sums.slope.map((one, place) => one + (free[place] ?? 0));
    this.#first = Math.max(this.#first, largest(slope));
    this.#isConverged = largest(slope) <= this.#options.tolerance * this.#first;
    if (this.#isConverged) {
      this.#sums = emptySums(at);
      return;
    }
    if (this.#last !== undefined && value > this.#last.value && this.#last.length > 1e-9) {
      const { at: from, direction, length } = this.#last;
      this.#last = { ...this.#last, length: length / 2 };
      this.#sums = emptySums(along(from, length / 2, direction));
      return;
    }
    const { curvature } = sums;
    const hessian = async (direction: Float64Array): Promise<Float64Array> =>
      direction.map((own, row) => {
        const moved = dot(curvature.subarray(row * size, (row + 1) * size), direction);
        return moved + (row === size - 1 ? 0 : own);
      });
    const direction = await solve(hessian, slope, 1e-4);
    this.#last = { at, direction, value, length: 1 };
    this.#sums = emptySums(along(at, 1, direction));
  }

  /** @throws UsageError `STREAM_EMPTY` before the first pass has ended */
  get coefficients(): LinearCoefficients {
    if (this.#sums === undefined || this.#first === 0) throw streamEmpty(this.name, "a whole pass");
    const { at } = this.#sums;
    return { coef: [[...at.subarray(0, at.length - 1)]], intercept: [at[at.length - 1] ?? 0] };
  }

  state(): TensorDict {
    const sums = this.#sums;
    if (sums === undefined) throw streamEmpty(this.name, "any rows");
    const last = this.#last;
    const scalars = [sums.value, this.#first, Number(this.#isConverged), last?.value ?? 0, last?.length ?? 0];
    const none = new Float64Array(sums.at.length);
    return new TensorDict({
      at: fromDoubles(sums.at),
      slope: fromDoubles(sums.slope),
      curvature: fromDoubles(sums.curvature),
      from: fromDoubles(last?.at ?? none),
      direction: fromDoubles(last?.direction ?? none),
      scalars: fromDoubles(scalars),
      rows: fromDoubles([this.#rows]),
    });
  }

  /** @throws UsageError `STREAM_STATE` */
  async restore(state: TensorDict): Promise<void> {
    const read = (key: string): Promise<Float64Array> =>
      toDoubles(this.name, key, stateTensor(this.name, state, key));
    const [at, slope, curvature] = [await read("at"), await read("slope"), await read("curvature")];
    const [from, direction, scalars] = [await read("from"), await read("direction"), await read("scalars")];
    const [rows = 0] = await read("rows");
    const isFit = [slope, from, direction].every(({ length }) => length === at.length);
    if (!isFit || curvature.length !== at.length ** 2 || scalars.length !== 5)
      throw streamState(this.name, "its sums do not fit");
    const [value = 0, first = 0, isConverged = 0, lastValue = 0, length = 0] = scalars;
    this.#sums = { at, slope, curvature, value };
    this.#last = length > 0 ? { at: from, direction, value: lastValue, length } : undefined;
    [this.#rows, this.#first, this.#isConverged] = [rows, first, isConverged === 1];
  }

  #placesOf({ width, values }: Rows): Int32Array {
    const { labels } = this.#options;
    const odd = values.find((label) => !labels.includes(label));
    if (width !== 1 || odd !== undefined)
      throw labelsInvalid(
        this.name,
        odd === undefined ? `${width} values a row` : `the value ${odd}`,
        `${labels[0]} or ${labels[1]} for each row`,
      );
    return Int32Array.from(values, (label) => labels.indexOf(label));
  }
}

/** What a pass has added up at its parameters, without the penalty. */
interface Sums {
  readonly at: Float64Array;
  readonly slope: Float64Array;
  /** `[size, size]` */
  readonly curvature: Float64Array;
  value: number;
}

/** The step that led to the parameters of this pass. */
interface Step {
  readonly at: Float64Array;
  readonly direction: Float64Array;
  readonly value: number;
  readonly length: number;
}

function emptySums(at: Float64Array): Sums {
  return { at, slope: new Float64Array(at.length), curvature: new Float64Array(at.length ** 2), value: 0 };
}

/** `C sum p (1 - p) (x, 1) (x, 1)^T`, in 32 bits on the backend: it tells where to go, not where the optimum is. */
async function curvatureOf(
  { n, width, values }: Rows,
  logits: Float64Array,
  C: number,
): Promise<ArrayLike<number>> {
  const size = width + 1;
  const whole = new Float32Array(n * size).fill(1);
  const weights = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    const p = 1 / (1 + Math.exp(-(logits[row] ?? 0)));
    weights[row] = C * p * (1 - p);
    for (let at = 0; at < width; at++) whole[row * size + at] = values[row * width + at] ?? 0;
  }
  const found = tidy(() => {
    const x = tensor2d(whole, [n, size]);
    return matMul(x, mul(x, tensor2d(weights, [n, 1])), true);
  });
  try {
    return (await found.data()) as Float32Array;
  } finally {
    found.dispose();
  }
}

function addTo(sums: Float64Array, values: ArrayLike<number>): void {
  for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + (values[at] ?? 0);
}

function along(at: Float64Array, length: number, direction: Float64Array): Float64Array {
  return at.map((value, place) => value + length * (direction[place] ?? 0));
}

function areLabels(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((one) => Number.isInteger(one)) &&
    value[0] !== value[1]
  );
}
