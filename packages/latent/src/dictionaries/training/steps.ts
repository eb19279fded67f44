import {
  abs,
  add,
  cast,
  customGrad,
  div,
  exp,
  greater,
  less,
  matMul,
  mean,
  mul,
  neg,
  relu,
  square,
  sub,
  sum,
  type Tensor,
  topk,
} from "@tensorflow/tfjs-core";
import { refClone } from "@hookdict/tensordict/tensors";
import { marks } from "../activations/marks.ts";

/** Weights in training: `logThreshold` only where features jump. */
export interface TrainedWeights {
  readonly wEnc: Tensor;
  readonly wDec: Tensor;
  readonly bEnc: Tensor;
  readonly bDec: Tensor;
  readonly logThreshold: Tensor;
}

/** What a kind of training computes. One for each activation that can be trained. */
export interface TrainingKind {
  readonly activation: "topK" | "jumpRelu";
  /** Features of preactivations, and the loss that keeps them few. */
  features(
    preactivations: Tensor,
    weights: TrainedWeights,
    terms: { readonly k: number; readonly bandwidth: number },
  ): { readonly features: Tensor; readonly sparsity: Tensor | undefined };
}

/** The `k` largest: few by themselves. Gao et al., arXiv 2406.04093. */
const topKTraining: TrainingKind = {
  activation: "topK",
  features(preactivations, _weights, { k }) {
    const [n = 0, dSae = 0] = preactivations.shape;
    const { indices } = topk(refClone(preactivations), k, false);
    return { features: mul(relu(preactivations), marks(indices, n, dSae)), sparsity: undefined };
  },
};

/** Thresholds that learn through a rectangle around themselves. Rajamanoharan et al., arXiv 2407.14435, equations 11 and 12. */
const jumpReluTraining: TrainingKind = {
  activation: "jumpRelu",
  features(preactivations, { logThreshold }, { bandwidth }) {
    const threshold = exp(logThreshold);
    const features = jumpRelu(preactivations, threshold, bandwidth);
    return { features, sparsity: mean(sum(step(preactivations, threshold, bandwidth), 1)) };
  },
};

/** Every kind of training. */
export const TRAINING_KINDS: readonly TrainingKind[] = [topKTraining, jumpReluTraining];

function window(z: Tensor, threshold: Tensor, bandwidth: number): Tensor {
  return cast(less(abs(sub(z, threshold)), bandwidth / 2), "float32");
}

function jumpRelu(z: Tensor, threshold: Tensor, bandwidth: number): Tensor {
  const op = customGrad((...given) => {
    const [value, at, save] = given as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void];
    save([value, at]);
    const isAbove = cast(greater(value, at), "float32");
    return {
      value: mul(value, isAbove),
      gradFunc: (dy, saved) => {
        const [z0, t0] = saved as [Tensor, Tensor];
        const near = mul(window(z0, t0, bandwidth), div(t0, bandwidth));
        return [mul(dy, cast(greater(z0, t0), "float32")), neg(sum(mul(dy, near), 0))];
      },
    };
  });
  return op(z, threshold);
}

function step(z: Tensor, threshold: Tensor, bandwidth: number): Tensor {
  const op = customGrad((...given) => {
    const [value, at, save] = given as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void];
    save([value, at]);
    return {
      value: cast(greater(value, at), "float32"),
      gradFunc: (dy, saved) => {
        const [z0, t0] = saved as [Tensor, Tensor];
        return [mul(dy, 0), neg(sum(mul(dy, div(window(z0, t0, bandwidth), bandwidth)), 0))];
      },
    };
  });
  return op(z, threshold);
}

/** The loss of a batch `[n, width]`, and the features that it had. */
export function lossOf(
  kind: TrainingKind,
  x: Tensor,
  weights: TrainedWeights,
  terms: { readonly k: number; readonly bandwidth: number; readonly coefficient: number },
): { readonly loss: Tensor; readonly features: Tensor; readonly mse: Tensor } {
  const { wEnc, wDec, bEnc, bDec } = weights;
  const preactivations = add(matMul(sub(x, bDec), wEnc), bEnc);
  const { features, sparsity } = kind.features(preactivations, weights, terms);
  const mse = mean(sum(square(sub(x, add(matMul(features, wDec), bDec))), 1));
  return { loss: sparsity === undefined ? mse : add(mse, mul(sparsity, terms.coefficient)), features, mse };
}
