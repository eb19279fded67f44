import { lineOf, mapPlaces } from "../gradient/line.ts";
import type { Nodes } from "../gradient/nodes.ts";
import { type PathOptions, pathNodes } from "../gradient/path-options.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { byExample, weigh } from "../rows.ts";
import { needSites } from "../sites.ts";

/**
 * Gradients at the sites, averaged while the inputs move from the baseline; not multiplied by anything.
 *
 * @see Leino et al., https://arxiv.org/abs/1802.03788
 */
export class InternalInfluence extends AttributionMethod {
  override readonly name = "InternalInfluence";
  readonly #options: PathOptions;
  readonly #nodes: Nodes;

  constructor(options: PathOptions) {
    super(options);
    needSites(this.name, options.at);
    this.#options = options;
    this.#nodes = pathNodes(this.name, options);
  }

  override *compute(job: Job): Computation {
    const { at, weights } = this.#nodes;
    const { points } = lineOf(job, this.#options.baseline ?? 0, at);
    const { gradients, isFolded } = yield {
      inputs: points,
      rows: at.length * job.batch,
      score: job.score,
      gradients: job.places,
      fold: job.fold(weights),
    };
    if (isFolded) return { attr: gradients };
    return {
      attr: mapPlaces(gradients, (each) => weigh(each, weights)),
      ways: { gradients: mapPlaces(gradients, (each) => byExample(each, at.length)) },
    };
  }
}
