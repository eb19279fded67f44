import { refClone } from "@hookdict/tensordict/tensors";
import { add, exp, greater, mul, relu, sub, type Tensor, where, zerosLike } from "@tensorflow/tfjs-core";
import type { FeatureActivation } from "./activation.ts";

/**
 * Whether a feature is there, from one bias, and how large it is, from another and a scale. Rajamanoharan et al., arXiv 2404.16014,
 * equation 6. Its preactivations are those of the gate.
 */
export const gatedFeatures: FeatureActivation = {
  name: "gated",
  bias: "bGate",
  weights: { bMag: "scales", rMag: "stays" },
  needsK: false,
  activate(preactivations, weights) {
    const { bGate, bMag, rMag } = weights as Readonly<Record<"bGate" | "bMag" | "rMag", Tensor>>; // named among the weights
    const magnitudes = relu(add(mul(sub(preactivations, bGate), exp(rMag)), bMag));
    return where(greater(refClone(preactivations), 0), magnitudes, zerosLike(magnitudes));
  },
  slope: ({ rMag }) => exp(rMag as Tensor), // named among the weights
};
