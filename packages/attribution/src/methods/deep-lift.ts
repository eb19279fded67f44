import { BASELINE, FLAG, UNKNOWN, methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import { mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { type Baseline, baselineInputs } from "../baseline.ts";
import { deepLiftRules } from "../gradient/deep-lift-rules.ts";
import { mapPlaces, totals } from "../gradient/line.ts";
import { multiply } from "../gradient/multipliers.ts";
import type { Job } from "../job.ts";
import { type AttributionContext, AttributionMethod, type Computation } from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { hookRules } from "../relevance/hook-rules.ts";

/** Options of {@link DeepLift}. */
export interface DeepLiftOptions extends UnknownPlaces {
  /** Default 0. */
  readonly baseline?: Baseline;
  /** Add `delta` `[batch]`: the sum of attributions less the change of the target; no further pass. Default `false`. */
  readonly delta?: boolean;
}

const OPTIONS = { baseline: BASELINE, delta: FLAG, unknown: UNKNOWN };

/**
 * DeepLIFT with the rescale rule: nonlinearities pass back the slope between what they give for the baseline and for the
 * example, and factors of a product share its change. Attributions sum to the change of the target. A place whose
 * operation is not known is an error, unless `unknown: "gradient"`.
 *
 * Use it in place of integrated gradients where one pass must do. `keep: ["multipliers"]` gives the slopes.
 *
 * @see Shrikumar, Greenside and Kundaje, https://arxiv.org/abs/1704.02685
 */
export class DeepLift extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: DeepLiftOptions = {}) {
    const read = methodOptions("DeepLift", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const { unknown } = this.#options;
    hookRules(context, chooseRules(context, { composite: deepLiftRules(), unknown }));
  }

  override *compute(job: Job): Computation {
    const { baseline, delta } = this.#options;
    const baselines = baselineInputs(job, baseline);
    const pairs = job.args.tensors.map((examples, i) => ({ examples, baselines: baselines[i] as Tensor })); // one for each
    const { by, change } = yield* multiply(job, pairs, job.batch);
    const attr = mapPlaces(by, (slope, place) => {
      const i = job.args.names.indexOf(place);
      return mul(slope, sub(job.args.tensors[i] as Tensor, baselines[i] as Tensor)); // places are inputs
    });
    return { attr, ...(delta && { extra: { delta: sub(totals(attr), change) } }), ways: { multipliers: by } };
  }
}
