import { checkWeights, computed } from "./check.ts";
import { add, div, mean, mul, sqrt, square, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { Affine, PartDescription } from "./part.ts";
import { Part } from "./part.ts";

/** Weights of a batch norm: each `[channel]`. */
export interface BatchNormWeights {
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** A batch norm as `factor x + offset`. */
export function affineOf(
  { gamma, beta, mean: center, variance }: BatchNormWeights,
  epsilon: number,
): ReturnType<Affine> {
  const factor = div(gamma, sqrt(add(variance, epsilon)));
  return { factor, offset: sub(beta, mul(center, factor)) };
}

/**
 * Batch norm as it runs in inference: `(x - mean) / sqrt(variance + epsilon) * gamma + beta` over the last axis.
 *
 * **Ownership:** *borrows* the weights, each `[channel]`, float32.
 *
 * @see Ioffe and Szegedy, https://arxiv.org/abs/1502.03167
 * @example
 * const one = tensor1d([1]);
 * const norm = new BatchNorm({ gamma: one, beta: one, mean: one, variance: one }, 0);
 * norm.call(tensor2d([[3]])).dataSync()[0]; // => 3
 */
export class BatchNorm extends Part {
  readonly part: PartDescription = {
    kind: "batchNorm",
    affine: () => affineOf(this.weights, this.epsilon),
  };
  weights: BatchNormWeights;
  readonly epsilon: number;

  constructor(weights: BatchNormWeights, epsilon = 1e-3) {
    super();
    checkWeights("BatchNorm", weights, ["gamma", "beta", "mean", "variance"]);
    this.weights = weights;
    this.epsilon = epsilon;
  }

  override forward(x: Tensor): Tensor {
    const { gamma, beta, mean: center, variance } = this.weights;
    return computed(this, [x], () =>
      add(mul(div(sub(x, center), sqrt(add(variance, this.epsilon))), gamma), beta),
    );
  }
}

/**
 * Layer norm over the last axis: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the biased variance.
 *
 * **Ownership:** *borrows* the weights, each `[channel]`, float32.
 *
 * @see Ba, Kiros and Hinton, https://arxiv.org/abs/1607.06450
 * @example
 * const norm = new LayerNorm({ gamma: tensor1d([1, 1]), beta: tensor1d([0, 2]) }, 0);
 * Array.from(norm.call(tensor2d([[1, 3]])).dataSync()); // => [-1, 3]
 */
export class LayerNorm extends Part {
  readonly part: PartDescription;
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly epsilon: number;

  constructor(weights: { readonly gamma: Tensor; readonly beta: Tensor }, epsilon = 1e-5) {
    super();
    checkWeights("LayerNorm", weights, ["gamma", "beta"]);
    this.gamma = weights.gamma;
    this.beta = weights.beta;
    this.epsilon = epsilon;
    this.part = { kind: "layerNorm", norm: { gain: this.gamma, epsilon, isCentered: true } };
  }

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () => {
      const rest = sub(x, mean(x, -1, true));
      const deviation = sqrt(add(mean(square(rest), -1, true), this.epsilon));
      return add(mul(div(rest, deviation), this.gamma), this.beta);
    });
  }
}

/**
 * `x / sqrt(mean(x²) + epsilon) * scale` over the last axis.
 *
 * **Ownership:** *borrows* the scale `[channel]`, float32.
 *
 * @see Zhang and Sennrich, https://arxiv.org/abs/1910.07467
 * @example
 * new RMSNorm(tensor1d([5]), 0).call(tensor2d([[2]])).dataSync()[0]; // => 5
 */
export class RMSNorm extends Part {
  readonly part: PartDescription;
  readonly scale: Tensor;
  readonly epsilon: number;

  constructor(scale: Tensor, epsilon = 1e-6) {
    super();
    checkWeights("RMSNorm", { scale }, ["scale"]);
    this.scale = scale;
    this.epsilon = epsilon;
    this.part = { kind: "rmsNorm", norm: { gain: scale, epsilon, isCentered: false } };
  }

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () =>
      mul(div(x, sqrt(add(mean(square(x), -1, true), this.epsilon))), this.scale),
    );
  }
}
