import { checkArgument } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { pointsTooFew } from "../rows/errors.ts";
import { meanOf } from "../rows/rows.ts";
import { twoSided } from "./student.ts";
import { type ConceptVector, tcav } from "./tcav.ts";

/** What {@link tcavTest} returns. */
export interface TcavTestResult {
  /** The mean part of examples whose slope is above 0, of the concept's vectors and of the random ones. */
  readonly concept: number;
  readonly random: number;
  /** Welch's statistic: infinite where neither scatters and they differ, 0 where they do not. */
  readonly t: number;
  /** How likely such a difference is if the concept is as good as a random one: two-sided. */
  readonly pValue: number;
}

/**
 * Whether a concept matters more than random ones do: Welch's test between the sign counts of several vectors of the concept, each fitted
 * against other random examples, and those of vectors of random examples against random examples.
 * Kim et al., arXiv 1711.11279, section 3.4. **Ownership:** borrows `gradients`, `[n, ...]`.
 *
 * @throws UsageError `POINTS_TOO_FEW` for fewer than two vectors of a kind, `ARGUMENT_INVALID`; and like {@link tcav}
 * @example
 * const of = (x: number, y: number) => ({ vector: Float64Array.of(x, y) });
 * const gradients = tensor2d([[2, 5], [1, -5], [3, 4]]);
 * const { concept, random } = await tcavTest(gradients, [of(1, 0), of(1, 0.1)], [of(0, 1), of(0.1, -1), of(-1, 1)]);
 * [concept, random.toFixed(2)]; // => [1, "0.56"]
 */
export async function tcavTest(
  gradients: Tensor,
  concepts: readonly Pick<ConceptVector, "vector">[],
  randoms: readonly Pick<ConceptVector, "vector">[],
): Promise<TcavTestResult> {
  const counts: number[][] = [];
  for (const [name, vectors] of Object.entries({ concepts, randoms })) {
    checkArgument("tcavTest", name, vectors, "a list");
    if (vectors.length < 2) throw pointsTooFew("tcavTest", vectors.length, 2);
    const found: number[] = [];
    for (const vector of vectors) found.push((await tcav(gradients, vector)).signCount);
    counts.push(found);
  }
  const [ours = [], theirs = []] = counts;
  const [a, b] = [spreadOf(ours), spreadOf(theirs)];
  const [concept, random] = [meanOf(ours), meanOf(theirs)];
  const apart = concept - random;
  const both = a + b;
  if (both === 0)
    return { concept, random, t: apart === 0 ? 0 : Math.sign(apart) * Infinity, pValue: Number(apart === 0) };
  const t = apart / Math.sqrt(both);
  const freedom = both ** 2 / (a ** 2 / (ours.length - 1) + b ** 2 / (theirs.length - 1));
  return { concept, random, t, pValue: twoSided(t, freedom) };
}

/** The squared standard error of a mean. */
function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length;
}
