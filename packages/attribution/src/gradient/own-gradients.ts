import type { Job } from "../job.ts";
import type { Computation } from "../method.ts";

/** One pass of a method's own. */
export function* ownGradients(job: Job): Computation {
  const { gradients } = yield {
    inputs: job.args.tensors,
    rows: job.batch,
    score: job.score,
    gradients: job.places,
    isOwn: true,
  };
  return { attr: gradients };
}
