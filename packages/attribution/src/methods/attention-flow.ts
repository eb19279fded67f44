import { methodOptions } from "../options.ts";
import { tensor } from "@tensorflow/tfjs-core";
import { maximumFlow } from "../attention/flow.ts";
import { ATTENTION, type AttentionOptions, layersOf, type LayersOptions } from "../attention/patterns.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";

/**
 * Attention flow: the maximum flow from each position of the last layer to each input position, through edges as wide as
 * the layers' attention; rows sum to 1. `[batch, dest, src]` under `["attr", "flow"]`.
 *
 * @see Abnar and Zuidema, https://arxiv.org/abs/2005.00928
 */
export class AttentionFlow extends AttributionMethod {
  readonly #options: LayersOptions;

  constructor(options: AttentionOptions = {}) {
    const read = methodOptions("AttentionFlow", ATTENTION, options);
    super(read);
    this.#options = read.values;
  }

  override get isDifferentiable(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const layers = yield* layersOf(job, this.#options);
    const [, size = 1] = layers[0]?.shape.slice(1) ?? [];
    const data = layers.map((layer) => layer.dataSync());
    const flows = new Float32Array(job.batch * size * size);
    for (let b = 0; b < job.batch; b++) {
      const matrices = data.map((each) => each.subarray(b * size * size, (b + 1) * size * size));
      for (let dest = 0; dest < size; dest++) {
        const row = Array.from({ length: size }, (_, src) => maximumFlow(matrices, size, dest, src));
        const total = row.reduce((a, c) => a + c, 0);
        flows.set(
          row.map((each) => each / total),
          (b * size + dest) * size,
        );
      }
    }
    return { attr: { flow: tensor(flows, [job.batch, size, size]) } };
  }
}
