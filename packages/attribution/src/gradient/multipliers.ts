import { sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import type { ByPlace, Pass, PassResult } from "../passes/pass.ts";
import { type LazyRows, type Rows, takeRows } from "../passes/rows.ts";
import { alternate, halves } from "./deep-lift-rules.ts";
import { mapPlaces } from "./line.ts";

/** An input's examples and their baselines. */
export interface Pairs {
  readonly examples: Rows;
  readonly baselines: Rows;
}

/** Multipliers of so many examples against their baselines, and the changes of the target `[rows]`; a pair for each input. */
export function* multiply(
  job: Job,
  pairs: readonly Pairs[],
  rows: number,
): Generator<Pass, { readonly by: ByPlace; readonly change: Tensor }, PassResult> {
  const { score } = job;
  const result = yield {
    inputs: pairs.map((pair, i) => job.shareOwn(`pairs ${i}`, () => alternated(pair))),
    rows: 2 * rows,
    unit: 2,
    score: {
      ...score,
      of: (value, at) =>
        score.of(
          value,
          at.map((row) => Math.floor(row / 2)),
        ),
    },
    gradients: job.places,
    isOwn: true,
  };
  const by = mapPlaces(result.gradients, (gradient) => job.own(halves(gradient)[0]));
  const [after, before] = halves(result.scores as Tensor); // there is a score
  return { by, change: job.own(sub(after, before)) };
}

/** Rows that alternate between example and baseline, made as they run; they are never cut within a pair. */
function alternated({ examples, baselines }: Pairs): LazyRows {
  return {
    dtype: examples.dtype,
    take: (start, count) =>
      tidy(() =>
        alternate(takeRows(examples, start / 2, count / 2), takeRows(baselines, start / 2, count / 2)),
      ),
  };
}
