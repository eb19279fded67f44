import { mul, reshape, slice, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { Pattern } from "@hookdict/core";
import { baselineInputs } from "../baseline.ts";
import { optionWrong } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { convergenceDelta, lineOf, mapPlaces, weigh } from "./line.ts";
import { type PathOptions, pathNodes } from "./integrated-gradients.ts";
import { type Nodes, nodesOf } from "./nodes.ts";

/** Sites are needed. @throws UsageError `ATTRIBUTION_OPTION` */
export function needSites(method: string, at: Pattern | undefined): void {
  if (at === undefined) throw optionWrong(method, "at", at, "the sites that are meant, as a pattern");
}

/** Sites make no sense: the method attributes to the inputs. @throws UsageError `ATTRIBUTION_OPTION` */
export function refuseSites(method: string, options: { readonly at?: Pattern }): void {
  const { at } = options;
  if (at !== undefined) throw optionWrong(method, "at", at, "none: it attributes to the inputs");
}

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
    const { gradients } = yield {
      inputs: points,
      rows: at.length * job.batch,
      score: job.score,
      gradients: job.places,
    };
    const attr = Object.fromEntries(
      job.places.map((place) => [place, weigh(gradients[place] as Tensor, weights)]), // all were asked for
    );
    return { attr, ways: { gradients } };
  }
}

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
    };
    const between = batch * (at.length - 1);
    const attr = mapPlaces(
      Object.fromEntries(job.places.map((place) => [place, values[place] as Tensor])),
      (value, place) => {
        const change = sub(slice(value, batch, between), slice(value, 0, between));
        const flow = mul(slice(gradients[place] as Tensor, 0, between), change);
        return job.own(
          weigh(
            flow,
            at.slice(1).map(() => 1),
          ),
        );
      },
    );
    if (!delta) return { attr, ways: { gradients, values } };
    const end = yield { inputs: job.args.tensors, rows: batch, score: job.score };
    const start = yield { inputs: baselineInputs(job, baseline), rows: batch, score: job.score };
    return {
      attr,
      extra: { delta: convergenceDelta(attr, end.scores as Tensor, start.scores as Tensor) }, // scores were asked for
      ways: { gradients, values },
    };
  }
}

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
    const outer = yield { inputs: points, rows, score: job.score, gradients: [site] };
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
