import { isTensor } from "@hookdict/tensordict";
import { cast, broadcastTo, fill, expandDims, reshape, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { baselineShape } from "./errors.ts";
import type { Arguments } from "./inputs.ts";
import type { Job } from "./job.ts";
import { repeatBatch } from "./rows.ts";

/**
 * What inputs are compared with: a number, a tensor of the input's shape (without the batch, or with a batch of 1, for
 * all examples), or one of these for each input by name. **Ownership:** *borrows*.
 */
export type Baseline = number | Tensor | Readonly<Record<string, number | Tensor>>;

const ids = new WeakMap<Tensor, number>();
let nextId = 0;

/** A text that is the same for the same baseline. */
export function baselineKey(baseline: Baseline): string {
  if (typeof baseline === "number") return String(baseline);
  if (isTensor(baseline)) {
    if (!ids.has(baseline)) ids.set(baseline, ++nextId);
    return `tensor ${ids.get(baseline)}`;
  }
  return Object.entries(baseline as Readonly<Record<string, number | Tensor>>) // a record is left
    .map(([name, each]) => `${name}: ${baselineKey(each)}`)
    .join();
}

/** The baseline of every input, each of the input's shape. @throws ShapeError `BASELINE_SHAPE` */
export function baselineInputs(job: Job, baseline: Baseline): readonly Tensor[] {
  const key = baselineKey(baseline);
  return job.args.names.map((name, i) => {
    const value = job.args.tensors[i] as Tensor; // one for each name
    const given = isByName(baseline) ? baseline[name] : baseline;
    const each = given ?? (value.dtype === "float32" ? 0 : value);
    // A number stands for float inputs; tokens and masks stay as they are.
    if (typeof each === "number" && value.dtype !== "float32" && !isByName(baseline)) return value;
    return job.memo(`baseline ${name} ${key} ${value.id}`, () => like(each, value, name, job.args));
  });
}

function isByName(baseline: Baseline): baseline is Readonly<Record<string, number | Tensor>> {
  return typeof baseline !== "number" && !isTensor(baseline);
}

/** A baseline of a value's shape and dtype. */
export function like(
  baseline: number | Tensor,
  value: Tensor,
  name: string,
  { batchSize = [], copies = 1 }: Partial<Pick<Arguments, "batchSize" | "copies">> = {},
): Tensor {
  if (typeof baseline === "number") return fill([...value.shape], baseline, value.dtype as "float32"); // or "int32"
  return tidy(() => {
    const isWhole = baseline.shape.join() === [...batchSize, ...value.shape.slice(1)].join();
    const each = baseline.rank === value.rank - 1 && !isWhole;
    const whole = isWhole
      ? reshape(baseline, [-1, ...value.shape.slice(1)])
      : each
        ? expandDims(baseline, 0)
        : baseline;
    const isOfOneCopy = copies > 1 && whole.shape[0] === (value.shape[0] ?? 0) / copies;
    const copied = isOfOneCopy ? repeatBatch(whole, copies) : whole;
    const fits =
      copied.rank === value.rank &&
      copied.shape.every((size, axis) => size === value.shape[axis] || (axis === 0 && size === 1));
    if (!fits) throw baselineShape(name, baseline.shape, value.shape);
    return broadcastTo(cast(copied, value.dtype), [...value.shape]);
  });
}
