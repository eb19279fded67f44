import { NEURON, type NeuronOptions } from "../gradient/neuron.ts";
import { methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import { mul, reshape, sub, type Tensor } from "@tensorflow/tfjs-core";
import { lineOf, mapPlaces } from "../gradient/line.ts";
import type { Nodes } from "../gradient/nodes.ts";
import { PATH, type PathOptions, pathNodes } from "../gradient/path-options.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { weigh } from "../rows.ts";

/** Options of {@link NeuronConductance}. */
export interface NeuronConductanceOptions extends PathOptions, NeuronOptions {}

const OPTIONS = { ...NEURON, ...PATH };

/**
 * How much of the change of the target flows from each input through one neuron.
 *
 * @see Dhamdhere, Sundararajan and Yan, https://arxiv.org/abs/1805.12233
 */
export class NeuronConductance extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;
  readonly #nodes: Nodes;

  constructor(options: NeuronConductanceOptions) {
    const read = methodOptions("NeuronConductance", OPTIONS, options);
    super(read);
    this.#options = read.values;
    this.#nodes = pathNodes(read.name, read.values);
  }

  override *compute(job: Job): Computation {
    const { baseline, site, index } = this.#options;
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
