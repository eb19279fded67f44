import { showAsText, countWords, isCount } from "@hookdict/tensordict";
import { oneHotRows } from "@hookdict/tensordict/tensors";
import {
  argMax,
  cast,
  add,
  gather,
  matMul,
  mean,
  reshape,
  type Scalar,
  squaredDifference,
  logSoftmax,
  mul,
  neg,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { shapeDiffers } from "../rows/errors.ts";
import { notFitted } from "./errors.ts";
import { descend, type DescentOptions, seededStart } from "./descent.ts";
import { applyLinear, type Estimator, type LinearCoefficients } from "./estimator.ts";
import { scoreNumbers } from "./linear.ts";
import { scoreClasses } from "./logistic.ts";
import { classesOf, readExamples } from "./targets.ts";

/** Options of {@link GradientLinear}. */
export interface GradientLinearOptions extends DescentOptions {
  /** `"mse"` for numbers, `"crossEntropy"` (softmax) for labels. Default `"mse"`. */
  readonly loss?: "mse" | "crossEntropy";
  /** Draws the values to start from. Default 0. */
  readonly seed?: number;
  /** What to start from in place of drawn values. */
  readonly start?: LinearCoefficients;
}

/**
 * A linear map fitted by steps of Adam on all rows, on the backend: where the optimum is not wanted, but what training gives.
 *
 * @example
 * const x = tensor2d([[0], [1], [3], [4]]);
 * const options = { loss: "crossEntropy", learningRate: 0.1, epochs: 200 } as const;
 * const probe = await new GradientLinear(options).fit(x, tensor1d([0, 0, 1, 1]));
 * await probe.score(x, tensor1d([0, 0, 1, 1])); // => 1
 */
export class GradientLinear implements Estimator {
  static {
    showAsText(this, (own) => `${own.name} (${own.#found === undefined ? "not fitted" : "fitted"})`);
  }

  readonly name: string = "GradientLinear";
  readonly #options: GradientLinearOptions;
  #found: LinearCoefficients | undefined;
  #labels: readonly number[] = [];
  #isVector = false;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(options: GradientLinearOptions = {}) {
    checkKnownOptions("GradientLinear", options, [
      "loss",
      "seed",
      "start",
      "epochs",
      "learningRate",
      "onEpoch",
    ]);
    const { loss = "mse", epochs = 1, learningRate = 1 } = options;
    if (!["mse", "crossEntropy"].includes(loss))
      throw optionInvalid("GradientLinear", "loss", loss, '"mse" or "crossEntropy"');
    if (!isCount(epochs)) throw optionInvalid("GradientLinear", "epochs", epochs, countWords());
    if (!(Number.isFinite(learningRate) && learningRate > 0))
      throw optionInvalid("GradientLinear", "learningRate", learningRate, "a number above 0");
    this.#options = { ...options };
  }

  /** @throws UsageError `NOT_FITTED` */
  get coefficients(): LinearCoefficients {
    if (this.#found === undefined) throw notFitted(this.name);
    return this.#found;
  }

  /** @throws ShapeError `ROWS_INVALID`, `ROWS_DIFFER`, `SHAPE_DIFFERS`; UsageError `ROWS_NOT_FINITE`, `LABELS_INVALID`, `NOT_CONVERGED` */
  async fit(x: Tensor, y: Tensor): Promise<this> {
    const [rows, targets] = await readExamples(this.name, x, y);
    const isClasses = this.#options.loss === "crossEntropy";
    const classes = isClasses ? classesOf(this.name, targets) : undefined;
    const outputs = classes?.labels.length ?? targets.width;
    const start = this.#start(rows.width, outputs);
    const data = tensor2d(Float32Array.from(rows.values), [rows.n, rows.width]);
    const wanted = tidy(() =>
      classes === undefined
        ? tensor2d(Float32Array.from(targets.values), [targets.n, outputs])
        : oneHotRows(tensor1d(classes.places, "int32"), outputs),
    );
    const loss = (parameters: readonly Tensor[]): Scalar => {
      const found = add(matMul(data, parameters[0] ?? data), parameters[1] ?? data);
      const each = isClasses ? neg(sum(mul(logSoftmax(found), wanted), 1)) : squaredDifference(found, wanted);
      return mean(each); // a scalar: all axes
    };
    try {
      this.#found = await read(await descend(this.name, start, loss, this.#options), rows.width, outputs);
      this.#labels = classes?.labels ?? [];
      this.#isVector = y.rank === 1;
    } finally {
      data.dispose();
      wanted.dispose();
    }
    return this;
  }

  /** The linear map, `[n, outputs]`. **Ownership:** borrows `x`, returns owned. */
  decision(x: Tensor): Tensor {
    return applyLinear(this.name, x, this.#found);
  }

  /** Labels `[n]`, or numbers of the shape of the targets. **Ownership:** borrows `x`, returns owned. */
  predict(x: Tensor): Tensor {
    return tidy(() => {
      const found = this.decision(x);
      if (this.#labels.length > 0)
        return gather(tensor1d(this.#labels as number[], "int32"), cast(argMax(found, 1), "int32"));
      return this.#isVector ? reshape(found, [-1]) : found;
    });
  }

  /** Accuracy of labels, R^2 of numbers. */
  async score(x: Tensor, y: Tensor): Promise<number> {
    return this.#labels.length > 0 ? scoreClasses(this, x, y) : scoreNumbers(this, x, y);
  }

  #start(width: number, outputs: number): readonly Tensor[] {
    const { start, seed = 0 } = this.#options;
    if (start === undefined)
      return [
        tensor2d(seededStart(width * outputs, width, seed), [width, outputs]),
        tensor1d(new Float32Array(outputs)),
      ];
    const got = [start.coef.length, start.coef[0]?.length ?? 0];
    if (got[0] !== outputs || got[1] !== width) throw shapeDiffers(this.name, "start", [outputs, width], got);
    return tidy(() => [
      transpose(tensor2d(start.coef as number[][], undefined, "float32")),
      tensor1d(start.intercept as number[], "float32"),
    ]);
  }
}

/** **Ownership:** takes the tensors. */
async function read(
  parameters: readonly Tensor[],
  width: number,
  outputs: number,
): Promise<LinearCoefficients> {
  try {
    const [weights, intercept] = await Promise.all(parameters.map((one) => one.data()));
    const coef = Array.from({ length: outputs }, (_, output) =>
      Array.from({ length: width }, (_unused, at) => weights?.[at * outputs + output] ?? 0),
    );
    return { coef, intercept: [...(intercept ?? [])] };
  } finally {
    for (const one of parameters) one.dispose();
  }
}
