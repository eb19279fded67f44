import { div, mul, sigmoid, type Tensor } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";
import { orthogonal } from "../orthogonal.ts";
import { swapRotated } from "./rotated.ts";

/** A learned mask over the dimensions of a learned rotation. */
export const rotatedMask: TrainableKind = {
  name: "rotatedMask",
  hasSource: true,
  dims: ({ width }) => width,
  weights: ({ width }) => ({
    vectors: { shape: [width, width], deviation: 1, mean: 0 },
    mask: { shape: [width], deviation: 0, mean: 0 },
  }),
  change: ({ base, source = base, weights, chosen, temperature }) => {
    const share = mul(sigmoid(div(weights["mask"] as Tensor, temperature)), chosen); // made by `weights`
    return swapRotated(base, source, orthogonal(weights["vectors"] as Tensor), share); // likewise
  },
};
