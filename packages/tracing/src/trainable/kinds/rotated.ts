import { add, matMul, mul, reshape, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";
import { orthogonal } from "../orthogonal.ts";

/** `base + R diag(m) Rᵀ (source - base)`, for R `[width, rank]` with orthonormal columns and m `[rank]`. */
export function swapRotated(base: Tensor, source: Tensor, columns: Tensor, mask: Tensor): Tensor {
  const width = base.shape.at(-1) ?? 1;
  const difference = reshape(sub(source, base), [-1, width]);
  const moved = matMul(mul(matMul(difference, columns), mask), columns, false, true);
  return add(base, reshape(moved, base.shape));
}

/**
 * The source's value along some dimensions of a learned rotation: distributed alignment search.
 *
 * @see Geiger et al., 2023, "Finding alignments between interpretable causal variables and distributed neural representations".
 */
export const rotated: TrainableKind = {
  name: "rotatedSubspace",
  hasSource: true,
  dims: ({ width }) => width,
  weights: ({ width }) => ({ vectors: { shape: [width, width], deviation: 1, mean: 0 } }),
  change: ({ base, source = base, weights, chosen }) =>
    swapRotated(base, source, orthogonal(weights["vectors"] as Tensor), chosen), // made by `weights`
};
