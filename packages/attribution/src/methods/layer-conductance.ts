import { mul, slice, sub, type Tensor } from "@tensorflow/tfjs-core";
import { baselineInputs } from "../baseline.ts";
import { convergenceDelta, lineOf, mapPlaces } from "../gradient/line.ts";
import { type Nodes, nodesOf } from "../gradient/nodes.ts";
import { type PathOptions, pathNodes } from "../gradient/path-options.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { byExample, weigh } from "../rows.ts";
import { needSites } from "../sites.ts";

/** Options of {@link LayerConductance}. */
export interface LayerConductanceOptions extends PathOptions {
  /** Add `delta` `[batch]`, as for integrated gradients; two more passes. Default `false`. */
  readonly delta?: boolean;
}

/**
 * How much of the change of the target flows through each unit of the sites, while the inputs move from the baseline:
 * gradients times the changes of the units between `steps + 1` points.
 *
 * @see Dhamdhere, Sundararajan and Yan, https://arxiv.org/abs/1805.12233; Shrikumar, Su and Kundaje,
 * https://arxiv.org/abs/1807.09946
 */
export class LayerConductance extends AttributionMethod {
  override readonly name = "LayerConductance";
  readonly #options: LayerConductanceOptions;
  readonly #nodes: Nodes;

  constructor(options: LayerConductanceOptions) {
    super(options);
    needSites(this.name, options.at);
    this.#options = options;
    pathNodes(this.name, options); // checks the steps
    this.#nodes = nodesOf(this.name, options.rule ?? "gausslegendre", (options.steps ?? 50) + 1);
  }

  override *compute(job: Job): Computation {
    const { baseline = 0, delta = false } = this.#options;
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
