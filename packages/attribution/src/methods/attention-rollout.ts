import { methodOptions } from "../options.ts";
import { matMul } from "@tensorflow/tfjs-core";
import { ATTENTION, type AttentionOptions, layersOf, type LayersOptions } from "../attention/patterns.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";

/**
 * Attention rollout: the product of the layers' attention, with the residual connection, `[batch, dest, src]` under
 * `["attr", "rollout"]`. It needs no target, and says where information could come from, not what it was used for.
 *
 * @see Abnar and Zuidema, https://arxiv.org/abs/2005.00928
 */
export class AttentionRollout extends AttributionMethod {
  readonly #options: LayersOptions;

  constructor(options: AttentionOptions = {}) {
    const read = methodOptions("AttentionRollout", ATTENTION, options);
    super(read);
    this.#options = read.values;
  }

  override *compute(job: Job): Computation {
    const layers = yield* layersOf(job, this.#options);
    return { attr: { rollout: layers.reduce((product, layer) => matMul(layer, product)) } };
  }
}
