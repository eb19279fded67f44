import { SITES, methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import { lineOf, mapPlaces } from "../gradient/line.ts";
import type { Nodes } from "../gradient/nodes.ts";
import { PATH, type PathOptions, pathNodes } from "../gradient/path-options.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { byExample, weigh } from "../rows.ts";

/** Options of {@link InternalInfluence}. */
export interface InternalInfluenceOptions extends AttributionOptions, PathOptions {}

const OPTIONS = { at: SITES, ...PATH };

/**
 * Gradients at the sites, averaged while the inputs move from the baseline; not multiplied by anything.
 *
 * @see Leino et al., https://arxiv.org/abs/1802.03788
 */
export class InternalInfluence extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;
  readonly #nodes: Nodes;

  constructor(options: InternalInfluenceOptions) {
    const read = methodOptions("InternalInfluence", OPTIONS, options);
    super(read);
    this.#options = read.values;
    this.#nodes = pathNodes(read.name, read.values);
  }

  override *compute(job: Job): Computation {
    const { at, weights } = this.#nodes;
    const { points } = lineOf(job, this.#options.baseline, at);
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
