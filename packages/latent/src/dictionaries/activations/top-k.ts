import { refClone } from "@hookdict/tensordict/tensors";
import { mul, relu, topk } from "@tensorflow/tfjs-core";
import type { FeatureActivation } from "./activation.ts";
import { marks } from "./marks.ts";

/** The `k` largest of each row, those of them that are above 0. Gao et al., arXiv 2406.04093. */
export const topKFeatures: FeatureActivation = {
  name: "topK",
  bias: "bEnc",
  weights: {},
  needsK: true,
  activate(preactivations, _weights, k) {
    const [n = 0, dSae = 0] = preactivations.shape;
    const { indices } = topk(refClone(preactivations), Math.min(Math.floor(k), dSae), false);
    return mul(relu(preactivations), marks(indices, n, dSae));
  },
};
