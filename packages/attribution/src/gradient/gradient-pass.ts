import type { Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import type { Computation } from "../method.ts";
import type { Score } from "../target.ts";
import type { ByPlace, PassResult } from "../passes/pass.ts";
import { mapPlaces } from "./line.ts";

/** Values at the places of a plain gradient: inputs, or what passed the sites. */
export function valuesOf(job: Job, result: PassResult): ByPlace {
  return job.isAtInputs
    ? Object.fromEntries(job.places.map((name) => [name, job.input(name)]))
    : result.values;
}

/** One pass with gradients, and what a function makes of values and gradients. */
export function* gradientPass(
  job: Job,
  combine: (gradient: Tensor, value: Tensor) => Tensor,
  { score = job.score, isOwn = false }: { readonly score?: Score; readonly isOwn?: boolean } = {},
): Computation {
  const result = yield {
    inputs: job.args.tensors,
    rows: job.batch,
    score,
    gradients: job.places,
    isOwn,
    ...(!job.isAtInputs && { values: job.places }),
  };
  const values = valuesOf(job, result);
  const attr = mapPlaces(result.gradients, (gradient, place) => combine(gradient, values[place] as Tensor)); // both have all places
  return { attr, ways: { gradients: result.gradients, values } };
}
