import type { Tensor } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";
import { orthogonal } from "../orthogonal.ts";
import { swapRotated } from "./rotated.ts";

/** The source's value in a learned subspace of `rank` dimensions: `base + R Rᵀ (source - base)`. */
export const lowRank: TrainableKind = {
  name: "lowRankRotation",
  hasSource: true,
  dims: ({ rank = 1 }) => rank,
  weights: ({ width, rank = 1 }) => ({ vectors: { shape: [rank, width], deviation: 1, mean: 0 } }),
  change: ({ base, source = base, weights, chosen }) =>
    swapRotated(base, source, orthogonal(weights["vectors"] as Tensor), chosen), // made by `weights`
};
