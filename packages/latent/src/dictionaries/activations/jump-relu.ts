import { refClone } from "@hookdict/tensordict/tensors";
import { greater, relu, type Tensor, where, zerosLike } from "@tensorflow/tfjs-core";
import type { FeatureActivation } from "./activation.ts";

/** What is above 0 and above the feature's threshold. Rajamanoharan et al., arXiv 2407.14435, equation 3. */
export const jumpReluFeatures: FeatureActivation = {
  name: "jumpRelu",
  bias: "bEnc",
  weights: { threshold: "scales" },
  needsK: false,
  activate(preactivations, { threshold }) {
    const isAbove = greater(refClone(preactivations), threshold as Tensor); // named among the weights
    return where(isAbove, relu(preactivations), zerosLike(preactivations));
  },
};
