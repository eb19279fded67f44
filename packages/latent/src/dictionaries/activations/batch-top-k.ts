import { refClone } from "@hookdict/tensordict/tensors";
import { mul, relu, reshape, topk } from "@tensorflow/tfjs-core";
import type { FeatureActivation } from "./activation.ts";
import { flatMarks } from "./marks.ts";

/** The `k` times `n` largest of all `n` rows together, those of them that are above 0. Bussmann et al., arXiv 2412.06410. */
export const batchTopKFeatures: FeatureActivation = {
  name: "batchTopK",
  bias: "bEnc",
  weights: {},
  needsK: true,
  activate(preactivations, _weights, k) {
    const [n = 0, dSae = 0] = preactivations.shape;
    const { indices } = topk(
      reshape(refClone(preactivations), [-1]),
      Math.min(Math.floor(k * n), n * dSae),
      false,
    );
    return mul(relu(preactivations), reshape(flatMarks(indices, n * dSae), [n, dSae]));
  },
};
