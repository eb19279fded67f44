import { sub, type Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import type { ByPlace, Pass, PassResult } from "../passes/pass.ts";
import { alternate, halves } from "./deep-lift-rules.ts";
import { mapPlaces } from "./line.ts";

/** Multipliers of examples against their baselines, and the changes of the target `[rows]`. */
export function* multiply(
  job: Job,
  examples: readonly Tensor[],
  baselines: readonly Tensor[],
): Generator<Pass, { readonly by: ByPlace; readonly change: Tensor }, PassResult> {
  const rows = examples[0]?.shape[0] ?? 0;
  const { score } = job;
  const result = yield {
    inputs: examples.map((each, i) => alternated(job, each, baselines[i] as Tensor)), // one for each
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

/** The same tensor for the same pair, whatever the target. */
function alternated(job: Job, example: Tensor, baseline: Tensor): Tensor {
  return job.memo(`alternate ${example.id} ${baseline.id}`, () => alternate(example, baseline));
}
