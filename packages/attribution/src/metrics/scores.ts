import { type Option, option, type ValuesOf } from "@hookdict/contexts";
import { checkArgument } from "@hookdict/tensordict";
import { type Hookable, resolveTarget } from "@hookdict/core";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import { COUNT } from "../options.ts";
import { type Rows, takeRows } from "../passes/rows.ts";
import { scoreFor, type Target } from "../target.ts";

/** What metrics that run the model need besides the inputs. */
export interface MetricOptions {
  /** What was explained; see {@link Target}. Quantities at inner sites are made by a function of the output here. */
  readonly target?: Target;
  /** Rows that run at once. Default all. */
  readonly internalBatchSize?: number;
}

/** Declares {@link MetricOptions}. */
export const METRIC: {
  readonly target: Option<Target, "optional">;
  readonly internalBatchSize: Option<number, "optional">;
} = { target: option.of<Target>("a target", () => true), internalBatchSize: COUNT }; // targets are checked with the batch

/** Makes the target's numbers of so many rows, which are made as they run. */
export type Scorer = (rows: Rows, count: number) => Float64Array;

/** A model of one input, as a function from rows of inputs to the target's numbers. */
export function scorer(model: Hookable, options: ValuesOf<typeof METRIC>, batch: number): Scorer {
  const score = scoreFor(options.target, batch);
  const target = resolveTarget(model);
  return (rows, all) => {
    const { internalBatchSize: step = all } = options;
    const found = new Float64Array(all);
    for (let start = 0; start < all; start += step) {
      const count = Math.min(step, all - start);
      const numbers = Array.from({ length: count }, (_, i) => start + i);
      const scores = tidy(() => score.of(target.call([takeRows(rows, start, count)] as never), numbers));
      found.set(scores.dataSync(), start);
      scores.dispose();
    }
    return found;
  };
}

/** Values of each example. */
export function rowsOf(tensor: Tensor): Float64Array[] {
  checkArgument("a metric", "an attribution", tensor, "a tensor of numbers");
  const batch = tensor.shape[0] ?? 1;
  const data = tensor.dataSync();
  const size = data.length / batch;
  return Array.from({ length: batch }, (_, b) => Float64Array.from(data.subarray(b * size, (b + 1) * size)));
}

/** @throws ShapeError `SAMPLES_SHAPE` */
export function checkAlike(name: string, got: Tensor, wanted: Tensor): void {
  checkArgument("a metric", name, got, "a tensor of numbers");
  checkArgument("a metric", "the input", wanted, "a tensor of numbers");
  if (got.shape.join() !== wanted.shape.join())
    throw samplesShape(name, got.shape, `the shape of the input, [${wanted.shape.join(", ")}]`);
}

/** @throws ShapeError `SAMPLES_SHAPE` unless the shape is `[batch, samples, ...]`. */
export function checkSamples(name: string, got: Tensor, x: Tensor): void {
  checkArgument("a metric", name, got, "a tensor of numbers");
  checkArgument("a metric", "the input", x, "a tensor of numbers");
  const inner = x.shape.slice(1).join();
  if (got.shape[0] !== x.shape[0] || got.shape.slice(2).join() !== inner)
    throw samplesShape(name, got.shape, `[${x.shape[0]}, samples, ${x.shape.slice(1).join(", ")}]`);
}

/** Scalar product. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
