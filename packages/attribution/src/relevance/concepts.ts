import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import {
  abs,
  argMax,
  argMin,
  mul,
  reshape,
  sub,
  sum,
  tidy,
  cast,
  div,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** Channels by how their relevance tells two classes of examples apart. **Ownership:** owned by the receiver. */
export interface ConceptSelection {
  /** Mean over positive less mean over negative examples, `[channel]`. */
  readonly scores: Tensor;
  readonly positiveMean: Tensor;
  readonly negativeMean: Tensor;
  /** The channel of the largest score (of the smallest for `"negative"`), int32 scalar. */
  readonly channel: Tensor;
}

/**
 * Finds the channel whose relevance speaks for a concept: relevance is summed over positions, and its magnitude compared
 * between examples with the concept and without. **Ownership:** borrows; returns owned.
 *
 * @param relevance `[batch, ..., channel]`
 * @param labels int32 `[batch]`, 1 with the concept and 0 without
 * @see Achtibat et al., https://arxiv.org/abs/2206.03208
 * @example
 * const relevance = tensor2d([[3, 0], [0, 1]]);
 * selectConcept(relevance, tensor1d([1, 0], "int32")).channel.dataSync()[0]; // => 0
 */
export function selectConcept(
  relevance: Tensor,
  labels: Tensor,
  direction: "positive" | "negative" = "positive",
): ConceptSelection {
  checkArgument("selectConcept", "relevance", relevance, "a tensor of numbers");
  checkArgument("selectConcept", "labels", labels, "a tensor of numbers");
  const [batch = 0] = relevance.shape;
  if (relevance.rank < 2 || labels.size !== batch)
    throw argumentInvalid(
      "selectConcept",
      "labels",
      labels,
      "one for each row of a relevance [batch, ..., channels]",
    );
  return tidy(() => {
    const places = relevance.shape.slice(1, -1).map((_, i) => i + 1);
    const strength = abs(places.length === 0 ? relevance : sum(relevance, places));
    const isPositive = reshape(cast(labels, "float32"), [-1, 1]);
    const meanWhere = (weights: Tensor): Tensor => div(sum(mul(strength, weights), 0), sum(weights));
    const positiveMean = meanWhere(isPositive);
    const negativeMean = meanWhere(sub(1, isPositive));
    const scores = sub(positiveMean, negativeMean);
    const channel = direction === "positive" ? argMax(scores) : argMin(scores);
    return { scores, positiveMean, negativeMean, channel };
  });
}
