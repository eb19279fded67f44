import { FLAG, SITES, methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import { mul, slice, sub, type Tensor } from "@tensorflow/tfjs-core";
import { baselineInputs } from "../baseline.ts";
import { convergenceDelta, lineOf, mapPlaces } from "../gradient/line.ts";
import { type Nodes, nodesOf } from "../gradient/nodes.ts";
import { PATH, type PathOptions, pathNodes } from "../gradient/path-options.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { byExample, weigh } from "../rows.ts";

/** Options of {@link LayerConductance}. */
export interface LayerConductanceOptions extends AttributionOptions, PathOptions {
  /** Add `delta` `[batch]`, as for integrated gradients; two more passes. Default `false`. */
  readonly delta?: boolean;
}

const OPTIONS = { at: SITES, ...PATH, delta: FLAG };

/**
 * How much of the change of the target flows through each unit of the sites, while the inputs move from the baseline:
 * gradients times the changes of the units between `steps + 1` points.
 *
 * @see Dhamdhere, Sundararajan and Yan, https://arxiv.org/abs/1805.12233; Shrikumar, Su and Kundaje,
 * https://arxiv.org/abs/1807.09946
 */
export class LayerConductance extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;
  readonly #nodes: Nodes;

  constructor(options: LayerConductanceOptions) {
    const read = methodOptions("LayerConductance", OPTIONS, options);
    super(read);
    this.#options = read.values;
    const { rule, steps } = read.values;
    pathNodes(read.name, read.values); // checks the steps
    this.#nodes = nodesOf(read.name, rule, steps + 1);
  }

  override *compute(job: Job): Computation {
    const { baseline, delta } = this.#options;
    const { at } = this.#nodes;
    const { batch } = job;
    const { points } = lineOf(job, baseline, at);
    const { gradients, values } = yield {
      inputs: points,
      rows: at.length * batch,
      score: job.score,
      gradients: job.places,
      values: job.places,
      later: delta ? [{ rows: batch }, { rows: batch }] : [],
    };
    const ways = {
      gradients: mapPlaces(gradients, (each) => byExample(each, at.length)),
      values: mapPlaces(values, (each) => byExample(each, at.length)),
    };
    const between = batch * (at.length - 1);
    const ones = at.slice(1).map(() => 1);
    const attr = mapPlaces(values, (value, place) => {
      const change = sub(slice(value, batch, between), slice(value, 0, between));
      const flow = mul(slice(gradients[place] as Tensor, 0, between), change); // of the same places
      return job.own(weigh(flow, ones));
    });
    if (!delta) return { attr, ways };
    const end = yield { inputs: job.args.tensors, rows: batch, score: job.score, later: [{ rows: batch }] };
    const start = yield { inputs: baselineInputs(job, baseline), rows: batch, score: job.score };
    return {
      attr,
      extra: { delta: convergenceDelta(attr, end.scores as Tensor, start.scores as Tensor) }, // scores were asked for
      ways,
    };
  }
}
