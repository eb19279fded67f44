import { checkArgument } from "@hookdict/tensordict";
import { type Hookable, resolveTarget } from "@hookdict/core";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import { scoreFor, type Target } from "../target.ts";

/** What metrics that run the model need besides the inputs. */
export interface MetricOptions {
  /** What was explained; see {@link Target}. Quantities at inner sites are made by a function of the output here. */
  readonly target?: Target;
}

/** A model of one input, as a function from rows of inputs to the target's numbers. */
export function scorer(model: Hookable, options: MetricOptions, batch: number): (x: Tensor) => Float64Array {
  checkArgument("scorer", "options", options, "a record");
  const score = scoreFor(options.target, batch);
  const target = resolveTarget(model);
  return (x) => {
    const rows = Array.from({ length: x.shape[0] ?? 0 }, (_, i) => i);
    const scores = tidy(() => {
      return score.of(target.call([x] as never), rows);
    });
    const data = Float64Array.from(scores.dataSync());
    scores.dispose();
    return data;
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
export function checkAlike(option: string, got: Tensor, wanted: Tensor): void {
  checkArgument("a metric", option, got, "a tensor of numbers");
  checkArgument("a metric", "the input", wanted, "a tensor of numbers");
  if (got.shape.join() !== wanted.shape.join())
    throw samplesShape(option, got.shape, `the shape of the input, [${wanted.shape.join(", ")}]`);
}

/** @throws ShapeError `SAMPLES_SHAPE` unless the shape is `[batch, samples, ...]`. */
export function checkSamples(option: string, got: Tensor, x: Tensor): void {
  checkArgument("a metric", option, got, "a tensor of numbers");
  checkArgument("a metric", "the input", x, "a tensor of numbers");
  const inner = x.shape.slice(1).join();
  if (got.shape[0] !== x.shape[0] || got.shape.slice(2).join() !== inner)
    throw samplesShape(option, got.shape, `[${x.shape[0]}, samples, ${x.shape.slice(1).join(", ")}]`);
}

/** Scalar product. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
