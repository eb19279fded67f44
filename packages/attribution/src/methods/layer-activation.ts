import { SITES, methodOptions } from "../options.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";

const OPTIONS = { at: SITES };

/**
 * What passes the sites: the values themselves.
 */
export class LayerActivation extends AttributionMethod {
  constructor(options: AttributionOptions) {
    const read = methodOptions("LayerActivation", OPTIONS, options);
    super(read);
  }

  override *compute(job: Job): Computation {
    const { values } = yield { inputs: job.args.tensors, rows: job.batch, values: job.places };
    return { attr: Object.fromEntries(job.places.map((place) => [place, values[place] as Tensor])) }; // all were asked for
  }
}
