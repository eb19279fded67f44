import type { Pattern } from "@hookdict/core";
import {
  add,
  div,
  eye,
  matMul,
  max,
  mean,
  min,
  mul,
  relu,
  reshape,
  slice,
  stack,
  sum,
  tensor,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import type { Pass, PassResult } from "../passes/pass.ts";
import { maximumFlow } from "./flow.ts";

/** How the heads of a layer become one. */
export type HeadFusion = "mean" | "max" | "min";

/** Options of methods on attention patterns `[batch, head, dest, src]`. */
export interface AttentionOptions extends AttributionOptions {
  /** The sites of the patterns, first layer first. Default `"**.hook_pattern"`. */
  readonly at?: Pattern;
  /** Default `"mean"`. */
  readonly headFusion?: HeadFusion;
  /** Add the identity to each layer, and make rows sum to 1 again: the residual connection. Default `true`. */
  readonly residual?: boolean;
}

const PATTERNS = "**.hook_pattern";

const FUSIONS: Readonly<Record<HeadFusion, (pattern: Tensor) => Tensor>> = {
  mean: (pattern) => mean(pattern, 1),
  max: (pattern) => max(pattern, 1),
  min: (pattern) => min(pattern, 1),
};

/** The layers' matrices `[batch, dest, src]` of a job. */
function* layersOf(
  job: Job,
  { headFusion = "mean", residual = true }: AttentionOptions,
): Generator<Pass, readonly Tensor[], PassResult> {
  const { values } = yield { inputs: job.args.tensors, rows: job.batch, values: job.places };
  return job.places.map((place) => {
    const fused = FUSIONS[headFusion](values[place] as Tensor); // asked for
    if (!residual) return job.own(fused);
    const whole = add(fused, eye(fused.shape[2] ?? 1));
    return job.own(div(whole, sum(whole, 2, true)));
  });
}

function checkFusion(method: string, fusion: HeadFusion = "mean"): void {
  if (FUSIONS[fusion] === undefined)
    throw optionWrong(method, "headFusion", fusion, '"mean", "max" or "min"');
}

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
    super({ ...options, at: options.at ?? PATTERNS });
    checkFusion(this.name, options.headFusion);
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const layers = yield* layersOf(job, this.#options);
    return { attr: { rollout: layers.reduce((product, layer) => matMul(layer, product)) } };
  }
}

/**
 * Attention flow: the maximum flow from each position of the last layer to each input position, through edges as wide as
 * the layers' attention; rows sum to 1. `[batch, dest, src]` under `["attr", "flow"]`.
 *
 * @see Abnar and Zuidema, https://arxiv.org/abs/2005.00928
 */
export class AttentionFlow extends AttributionMethod {
  override readonly name = "AttentionFlow";
  readonly #options: AttentionOptions;

  constructor(options: AttentionOptions = {}) {
    super({ ...options, at: options.at ?? PATTERNS });
    checkFusion(this.name, options.headFusion);
    this.#options = options;
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

/**
 * Attention weighted by its gradient: each layer's positive part of gradient times pattern, averaged over heads, is added
 * to what comes before. `["attr", "relevance"]` `[batch, dest, src]`, `perLayer` `[batch, layer, dest, src]`;
 * `keep: ["gradients", "products"]` gives `[batch, head, dest, src]` by site.
 *
 * @see Chefer, Gur and Wolf, https://arxiv.org/abs/2103.15679, equations 5 and 6
 */
export class GradientWeightedAttention extends AttributionMethod {
  override readonly name = "GradientWeightedAttention";

  constructor(options: AttributionOptions = {}) {
    super({ ...options, at: options.at ?? PATTERNS });
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

/**
 * How much the attention of each head moved the target from each source position to one position: the pattern times the
 * value's output along the gradient at the attention's output. Patterns count as constant. **Ownership:** borrows;
 * returns owned, `[head, src]`.
 *
 * @param of.pattern `[head, dest, src]`
 * @param of.values `[src, head, dHead]`
 * @param of.wO `[head * dHead, dModel]`
 * @param of.gradient `[dModel]`, the target's gradient at the attention's output at that position
 * @see Elhage et al., A mathematical framework for transformer circuits, 2021
 */
export function attentionContributions(of: {
  readonly pattern: Tensor;
  readonly values: Tensor;
  readonly wO: Tensor;
  readonly gradient: Tensor;
  readonly position: number;
}): Tensor {
  return tidy(() => {
    const [source = 1, heads = 1, width = 1] = of.values.shape;
    const along = reshape(matMul(of.wO as Tensor2D, reshape(of.gradient, [-1, 1])), [1, heads, width]); // rank 2
    const each = transpose(sum(mul(of.values, along), 2)); // [head, src]
    const row = reshape(slice(of.pattern, [0, of.position, 0], [heads, 1, source]), [heads, source]);
    return mul(row, each);
  });
}
