import { mul, reshape, sub, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import { lineOf, mapPlaces } from "../gradient/line.ts";
import type { Nodes } from "../gradient/nodes.ts";
import { type PathOptions, pathNodes } from "../gradient/path-options.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { weigh } from "../rows.ts";
import { refuseSites } from "../sites.ts";

/** Options of {@link NeuronConductance}. */
export interface NeuronConductanceOptions extends PathOptions {
  /** The site of the neuron. */
  readonly site: string;
  /** Its index in the site's value, without the batch. */
  readonly index: readonly number[];
}

/**
 * How much of the change of the target flows from each input through one neuron.
 *
 * @see Dhamdhere, Sundararajan and Yan, https://arxiv.org/abs/1805.12233
 */
export class NeuronConductance extends AttributionMethod {
  override readonly name = "NeuronConductance";
  readonly #options: NeuronConductanceOptions;
  readonly #nodes: Nodes;

  constructor(options: NeuronConductanceOptions) {
    super(options);
    refuseSites(this.name, options);
    if (typeof options.site !== "string")
      throw optionWrong(this.name, "site", options.site, "the neuron's site");
    this.#options = options;
    this.#nodes = pathNodes(this.name, options);
  }

  override *compute(job: Job): Computation {
    const { baseline = 0, site, index } = this.#options;
    const { at, weights } = this.#nodes;
    job.context.hear(site);
    const neuron = job.scoreFor({ site, index });
    const { points, baselines } = lineOf(job, baseline, at);
    const rows = at.length * job.batch;
    const outer = yield {
      inputs: points,
      rows,
      score: job.score,
      gradients: [site],
      later: [{ rows }],
    };
    const inner = yield { inputs: points, rows, score: neuron, gradients: job.places };
    const slope = neuron.of(
      outer.gradients[site],
      Array.from({ length: rows }, (_, i) => i),
    );
    const attr = mapPlaces(inner.gradients, (gradient, place) => {
      const i = job.args.names.indexOf(place);
      const flow = mul(gradient, reshape(slope, [rows, ...gradient.shape.slice(1).map(() => 1)]));
      return mul(weigh(flow, weights), sub(job.args.tensors[i] as Tensor, baselines[i] as Tensor));
    });
    return { attr };
  }
}
