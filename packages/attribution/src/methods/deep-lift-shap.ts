import { isTensor } from "@hookdict/tensordict";
import {
  gather,
  mean,
  mul,
  reshape,
  sub,
  sum,
  tensor1d,
  transpose,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { optionWrong, samplesShape } from "../errors.ts";
import { deepLiftRules } from "../gradient/deep-lift-rules.ts";
import { mapPlaces } from "../gradient/line.ts";
import { multiply } from "../gradient/multipliers.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { hookRules } from "../relevance/hook-rules.ts";
import { byCopy, repeatBatch } from "../rows.ts";
import { refuseSites } from "../sites.ts";

/** Options of {@link DeepLiftShap}. */
export interface DeepLiftShapOptions extends AttributionOptions, UnknownPlaces {
  /** Baselines to average over, `[baselines, ...]`, for a model of one input. */
  readonly baselines: Tensor;
  /** Add `delta` `[batch, baselines]`. Default `false`. */
  readonly delta?: boolean;
}

/**
 * The mean of DeepLIFT over a distribution of baselines: approximate Shapley values.
 *
 * @see Lundberg and Lee, https://arxiv.org/abs/1705.07874
 */
export class DeepLiftShap extends AttributionMethod {
  override readonly name = "DeepLiftShap";
  readonly #options: DeepLiftShapOptions;

  constructor(options: DeepLiftShapOptions) {
    super(options);
    refuseSites(this.name, options);
    if (!isTensor(options.baselines))
      throw optionWrong(this.name, "baselines", options.baselines, "a tensor [baselines, ...]");
    this.#options = options;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const { unknown = "error" } = this.#options;
    hookRules(context, chooseRules(context, { composite: deepLiftRules(), unknown }));
  }

  override *compute(job: Job): Computation {
    const { baselines, delta = false } = this.#options;
    const [x] = job.args.tensors as [Tensor]; // there is at least one
    if (
      job.args.tensors.length > 1 ||
      baselines.rank !== x.rank ||
      baselines.shape.slice(1).join() !== x.shape.slice(1).join()
    )
      throw samplesShape("baselines", baselines.shape, `[baselines, ${x.shape.slice(1).join(", ")}]`);
    const count = baselines.shape[0] ?? 0;
    const each = Array.from({ length: count * job.batch }, (_, i) => i);
    const examples = job.once("examples", () => repeatBatch(x, count));
    const starts = job.once("starts", () =>
      gather(
        baselines,
        tensor1d(
          each.map((i) => Math.floor(i / job.batch)),
          "int32",
        ),
      ),
    );
    const { by, change } = yield* multiply(job, [examples], [starts]);
    const attr = mapPlaces(by, (slope) => byCopy(mul(slope, sub(examples, starts)), count));
    const difference = transpose(
      sub(
        sum(reshape(attr[job.places[0] ?? ""] as Tensor, [count, job.batch, -1]), 2),
        byCopy(change, count),
      ),
    );
    return {
      attr: mapPlaces(attr, (value) => mean(value, 0)),
      ...(delta && { extra: { delta: difference } }),
    };
  }
}
