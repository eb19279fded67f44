import { div, mul, range, sigmoid, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";
import { orthogonal } from "../orthogonal.ts";
import { swapRotated } from "./rotated.ts";

/**
 * The source's value in the first dimensions of a learned rotation, how many of them being learned as well:
 * `sigmoid((boundary · width - i) / temperature)` of dimension i.
 *
 * @see Wu et al., 2023, "Interpretability at scale: identifying causal mechanisms in Alpaca".
 */
export const boundless: TrainableKind = {
  name: "boundlessSubspace",
  hasSource: true,
  dims: ({ width }) => width,
  weights: ({ width }) => ({
    vectors: { shape: [width, width], deviation: 1, mean: 0 },
    boundary: { shape: [], deviation: 0, mean: 0.5 },
  }),
  change: ({ base, source = base, weights, chosen, temperature }) => {
    const width = base.shape.at(-1) ?? 1;
    const boundary = mul(weights["boundary"] as Tensor, width); // made by `weights`
    const share = sigmoid(div(sub(boundary, range(0, width, 1, "float32")), temperature));
    return swapRotated(base, source, orthogonal(weights["vectors"] as Tensor), mul(share, chosen)); // likewise
  },
};
