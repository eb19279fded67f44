import { cast, div, less, mul, randomUniform, type Tensor } from "@tensorflow/tfjs-core";
import { weightedSum } from "./linear.ts";
import type { Merge, MergeOptions, Values } from "./merge.ts";

/**
 * Drops values by chance, scales those that stay up by the share of these, and takes the weighted sum.
 *
 * @see Yu et al., https://arxiv.org/abs/2311.03099
 */
export const dareLinear: Merge = {
  name: "dareLinear",
  merge: (vectors, options, masks) =>
    dropped(vectors, options, masks).map((values) => weightedSum(values, options.weights)),
};

/** **Ownership:** what it returns belongs to the scope. */
export function dropped(
  vectors: readonly Values[],
  { density, seed }: Required<MergeOptions>,
  masks: readonly Values[] | undefined,
): readonly Values[] {
  let drawn = 0;
  const draw = (like: Tensor): Tensor =>
    less(randomUniform(like.shape, 0, 1, "float32", `${seed},${drawn++}`), density);
  return vectors.map((values, weight) =>
    values.map((value, i) => div(mul(value, cast(masks?.[weight]?.[i] ?? draw(value), "float32")), density)),
  );
}
