import { add, mul, reshape, sub, sum, tensor1d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { type Baseline, baselineInputs, baselineKey } from "../baseline.ts";
import type { Job } from "../job.ts";
import type { ByPlace } from "../passes/pass.ts";
import { type LazyRows, type Rows, takeRows } from "../passes/rows.ts";
import { asRows, innerAxes, perCopy, repeatBatch } from "../rows.ts";

/** A straight path of all inputs from their baselines. */
export interface Line {
  readonly baselines: readonly Tensor[];
  /** Points on the line, one copy of the batch for each node: `[nodes * batch, ...]`. */
  readonly points: readonly Rows[];
}

/** Points between baselines and inputs; the same tensors for the same line, so that equal passes are shared. */
export function lineOf(job: Job, baseline: Baseline, at: readonly number[]): Line {
  const baselines = baselineInputs(job, baseline);
  const key = `${baselineKey(baseline)} ${at.join()}`;
  const points = job.args.tensors.map((value, i) => {
    const from = value.dtype === "float32" ? (baselines[i] as Tensor) : value;
    return job.share(`line ${value.id} ${key}`, () => lineRows(from, value, at));
  });
  return { baselines, points };
}

/** Points as they are needed: row `n * batch + b` is that of example b at node n. **Ownership:** *borrows* both ends. */
export function lineRows(from: Tensor, to: Tensor, at: readonly number[]): LazyRows {
  const batch = to.shape[0] ?? 1;
  return {
    dtype: to.dtype,
    take(start, count) {
      const copies = [Math.floor(start / batch), Math.ceil((start + count) / batch)] as const;
      const nodes = at.slice(...copies);
      return tidy(() => {
        const points = from === to ? repeatBatch(to, nodes.length) : pointsBetween(from, to, nodes);
        return takeRows(points, start - copies[0] * batch, count);
      });
    },
  };
}

/** Copies of a batch as they are needed. **Ownership:** *borrows*. */
export function repeatedRows(batch: Tensor, count: number): LazyRows {
  return lineRows(
    batch,
    batch,
    Array.from({ length: count }, () => 0),
  );
}

/** `from + at (to - from)`, one copy of the batch for each node. **Ownership:** returns owned. */
export function pointsBetween(from: Tensor, to: Tensor, at: readonly number[]): Tensor {
  return tidy(() => asRows(add(from, mul(perCopy(tensor1d([...at]), to.rank + 1), sub(to, from)))));
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
