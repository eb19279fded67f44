import {
  addN,
  cast,
  div,
  equal,
  greaterEqual,
  maximum,
  mul,
  sign,
  sub,
  type Tensor,
  tensor,
} from "@tensorflow/tfjs-core";
import { clearSmallest } from "../selection/smallest.ts";
import type { Merge, MergeOptions, Values } from "./merge.ts";

/**
 * Trims each vector to its largest values, elects a sign for every weight, and takes the mean of those values that have it.
 *
 * @see Yadav et al., https://arxiv.org/abs/2306.01708
 */
export const ties: Merge = {
  name: "ties",
  merge: (vectors, options) => trimmed(vectors, options).map((values) => electedMean(values, options)),
};

/** The mean of the weighted values that agree with the elected sign, over the number of these. */
export function electedMean(
  values: Values,
  { weights, majoritySign }: Pick<Required<MergeOptions>, "weights" | "majoritySign">,
): Tensor {
  const votes = addN(values.map((value) => (majoritySign === "total" ? value : sign(value))));
  const elected = sub(mul(cast(greaterEqual(votes, 0), "float32"), 2), 1); // 0 counts as positive
  const agreeing = values.map((value) => cast(equal(sign(value), elected), "float32"));
  const total = addN(values.map((value, i) => mul(mul(value, weights[i] ?? 1), agreeing[i] ?? 0)));
  return div(total, maximum(addN(agreeing), 1));
}

/** The values with 0 in the place of all but the largest. */
function trimmed(vectors: readonly Values[], { density, trim }: Required<MergeOptions>): readonly Values[] {
  if (trim === "each")
    return vectors.map((values) => values.map((value) => trimmedTogether([value], density)[0] ?? value));
  const count = vectors[0]?.length ?? 0;
  const byVector = Array.from(
    { length: count },
    (_, i) =>
      trimmedTogether(
        vectors.map((values) => values[i] as Tensor),
        density,
      ), // one for each vector
  );
  return vectors.map((_, weight) => byVector.map((values) => values[weight] as Tensor)); // one for each weight
}

function trimmedTogether(values: Values, density: number): Values {
  const sizes = values.map(({ size }) => size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const all = new Float32Array(total);
  let at = 0;
  for (const value of values) {
    all.set(value.dataSync(), at);
    at += value.size;
  }
  const mask = new Uint8Array(total).fill(1);
  const magnitudes = all.map(Math.abs);
  clearSmallest(mask, magnitudes, { begin: 0, length: total, step: 1 }, total - Math.floor(density * total));
  at = 0;
  return values.map((value) => {
    const kept = Float32Array.from(mask.subarray(at, (at += value.size)));
    return mul(value, tensor(kept, value.shape));
  });
}
