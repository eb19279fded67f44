import { add, mul, reshape, sub, sum, tensor1d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { type Baseline, baselineInputs, baselineKey } from "../baseline.ts";
import type { Job } from "../job.ts";
import type { ByPlace } from "../passes/pass.ts";
import { asRows, byCopy, innerAxes, perCopy, repeatBatch } from "../rows.ts";

/** A straight path of all inputs from their baselines. */
export interface Line {
  readonly baselines: readonly Tensor[];
  /** Points on the line, one copy of the batch for each node: `[nodes * batch, ...]`. */
  readonly points: readonly Tensor[];
}

/** Points between baselines and inputs; the same tensors for the same line, so that equal passes are shared. */
export function lineOf(job: Job, baseline: Baseline, at: readonly number[]): Line {
  const baselines = baselineInputs(job, baseline);
  const key = `${baselineKey(baseline)} ${at.join()}`;
  const points = job.args.tensors.map((value, i) =>
    job.memo(`line ${value.id} ${key}`, () =>
      value.dtype === "float32"
        ? pointsBetween(baselines[i] as Tensor, value, at)
        : repeatBatch(value, at.length),
    ),
  );
  return { baselines, points };
}

/** `from + at (to - from)`, one copy of the batch for each node. **Ownership:** returns owned. */
export function pointsBetween(from: Tensor, to: Tensor, at: readonly number[]): Tensor {
  return tidy(() => asRows(add(from, mul(perCopy(tensor1d([...at]), to.rank + 1), sub(to, from)))));
}

/** Sums over the copies with a weight each. */
export function weigh(tensor: Tensor, weights: readonly number[]): Tensor {
  const copies = byCopy(tensor, weights.length);
  return sum(mul(copies, perCopy(tensor1d([...weights]), copies.rank)), 0);
}

/** Applies a function place by place. */
export function mapPlaces(values: ByPlace, fn: (value: Tensor, place: string) => Tensor): ByPlace {
  return Object.fromEntries(Object.entries(values).map(([place, value]) => [place, fn(value, place)]));
}

/** Sums of each example over all places, `[batch]`. */
export function totals(values: ByPlace): Tensor {
  const sums = Object.values(values).map((value) =>
    value.rank === 1 ? value : sum(value, innerAxes(value)),
  );
  return sums.reduce((a, b) => add(a, b));
}

/** `sum of attributions - (f(x) - f(baseline))`, `[batch]`. */
export function convergenceDelta(attr: ByPlace, atInput: Tensor, atBaseline: Tensor): Tensor {
  return sub(totals(attr), sub(reshape(atInput, [-1]), reshape(atBaseline, [-1])));
}
