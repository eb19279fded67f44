import { withSites } from "../sites.ts";
import { matMul } from "@tensorflow/tfjs-core";
import { type AttentionOptions, checkFusion, layersOf, PATTERNS } from "../attention/patterns.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";

/**
 * Attention rollout: the product of the layers' attention, with the residual connection, `[batch, dest, src]` under
 * `["attr", "rollout"]`. It needs no target, and says where information could come from, not what it was used for.
 *
 * @see Abnar and Zuidema, https://arxiv.org/abs/2005.00928
 */
export class AttentionRollout extends AttributionMethod {
  override readonly name = "AttentionRollout";
  readonly #options: AttentionOptions;

  constructor(options: AttentionOptions = {}) {
    super(withSites(options, PATTERNS));
    checkFusion(this.name, options.headFusion);
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const layers = yield* layersOf(job, this.#options);
    return { attr: { rollout: layers.reduce((product, layer) => matMul(layer, product)) } };
  }
}
