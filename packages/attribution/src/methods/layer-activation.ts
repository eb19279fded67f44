import type { Tensor } from "@tensorflow/tfjs-core";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { needSites } from "../sites.ts";

/**
 * What passes the sites: the values themselves.
 */
export class LayerActivation extends AttributionMethod {
  override readonly name = "LayerActivation";

  constructor(options: AttributionOptions) {
    super(options);
    needSites(this.name, options.at);
  }

  override *compute(job: Job): Computation {
    const { values } = yield { inputs: job.args.tensors, rows: job.batch, values: job.places };
    return { attr: Object.fromEntries(job.places.map((place) => [place, values[place] as Tensor])) }; // all were asked for
  }
}
