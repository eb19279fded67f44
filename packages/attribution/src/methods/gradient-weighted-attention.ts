import { methodOptions } from "../options.ts";
import { add, eye, matMul, mean, mul, relu, stack, type Tensor } from "@tensorflow/tfjs-core";
import { ATTENTION } from "../attention/patterns.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";

const OPTIONS = { at: ATTENTION.at };

/**
 * Attention weighted by its gradient: each layer's positive part of gradient times pattern, averaged over heads, is added
 * to what comes before. `["attr", "relevance"]` `[batch, dest, src]`, `perLayer` `[batch, layer, dest, src]`;
 * `keep: ["gradients", "products"]` gives `[batch, head, dest, src]` by site.
 *
 * @see Chefer, Gur and Wolf, https://arxiv.org/abs/2103.15679, equations 5 and 6
 */
export class GradientWeightedAttention extends AttributionMethod {
  constructor(options: AttributionOptions = {}) {
    const read = methodOptions("GradientWeightedAttention", OPTIONS, options);
    super(read);
  }

  override *compute(job: Job): Computation {
    const { values, gradients } = yield {
      inputs: job.args.tensors,
      rows: job.batch,
      score: job.score,
      values: job.places,
      gradients: job.places,
    };
    const products = Object.fromEntries(
      job.places.map((place) => [place, mul(gradients[place] as Tensor, values[place] as Tensor)]), // both asked for
    );
    const layers = job.places.map((place) => mean(relu(products[place] as Tensor), 1)); // made above
    const size = layers[0]?.shape[2] ?? 1;
    const start = add(eye(size), mul(layers[0] as Tensor, 0)); // a pattern matches at least one site
    const relevance = layers.reduce((so, layer) => add(so, matMul(layer, so)), start);
    return { attr: { relevance }, extra: { perLayer: stack(layers, 1) }, ways: { gradients, products } };
  }
}
