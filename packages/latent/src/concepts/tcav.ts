import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import { concat, reshape, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { LogisticRegression } from "../estimators/logistic.ts";
import { checkKnownOptions } from "@hookdict/contexts";
import { columnsDiffer } from "../rows/errors.ts";
import { dot, readRows, rowOf } from "../rows/rows.ts";

/** Options of {@link conceptVector}. */
export interface ConceptVectorOptions {
  /** Of the logistic regression. Default 1. */
  readonly C?: number;
}

/** A direction in the values at a site that points to a concept. */
export interface ConceptVector {
  /** `[width]`, of length 1. */
  readonly vector: Float64Array;
  /** The part of the examples that the probe tells apart. */
  readonly accuracy: number;
}

/**
 * Concept activation vector: the normal of the logistic probe between values `[n, ...]` of examples of a concept, and of others.
 * Kim et al., arXiv 1711.11279. **Ownership:** borrows both.
 *
 * @throws ShapeError `ROWS_INVALID`, `COLUMNS_DIFFER`; UsageError `ROWS_NOT_FINITE`, `NOT_CONVERGED`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const { vector } = await conceptVector(tensor2d([[2, 0], [3, 0]]), tensor2d([[-2, 0], [-3, 0]]));
 * vector[0].toFixed(3); // => "1.000"
 */
export async function conceptVector(
  positive: Tensor,
  negative: Tensor,
  options: ConceptVectorOptions = {},
): Promise<ConceptVector> {
  checkKnownOptions("conceptVector", options, ["C"]);
  const [a, b] = [
    await readRows("conceptVector", "positive", positive),
    await readRows("conceptVector", "negative", negative),
  ];
  if (a.width !== b.width) throw columnsDiffer("conceptVector", a.width, b.width);
  const owned = [reshape(positive, [a.n, a.width]), reshape(negative, [b.n, b.width])];
  owned.push(
    concat(owned, 0),
    tensor1d([...Array<number>(a.n).fill(1), ...Array<number>(b.n).fill(0)], "int32"),
  );
  try {
    const [, , x, y] = owned as [Tensor, Tensor, Tensor, Tensor];
    const probe = await new LogisticRegression({ C: options.C ?? 1 }).fit(x, y);
    const normal = Float64Array.from(probe.coefficients.coef[0] ?? []);
    const length = Math.sqrt(dot(normal, normal)) || 1;
    return { vector: normal.map((value) => value / length), accuracy: await probe.score(x, y) };
  } finally {
    for (const one of owned) one.dispose();
  }
}

/** What {@link tcav} returns. */
export interface TcavResult {
  /** The slope of each example's output along the concept. */
  readonly directionalDerivatives: Float64Array;
  /** The part of examples whose slope is above 0. */
  readonly signCount: number;
  /** The part of all slopes, by size, that is above 0; 0 where all are 0. */
  readonly magnitude: number;
  readonly mean: number;
}

/**
 * Testing with concept activation vectors: how often, and how much, an output grows along a concept, from the output's gradients with
 * respect to the values at the concept's site, `[n, ...]`. Kim et al., arXiv 1711.11279. **Ownership:** borrows `gradients`.
 *
 * @throws ShapeError `ROWS_INVALID`, `COLUMNS_DIFFER`; UsageError `ROWS_NOT_FINITE`
 * @example
 * const concept = { vector: Float64Array.of(1, 0), accuracy: 1 };
 * (await tcav(tensor2d([[2, 5], [-1, 5]]), concept)).magnitude.toFixed(3); // => "0.667"
 */
export async function tcav(gradients: Tensor, concept: Pick<ConceptVector, "vector">): Promise<TcavResult> {
  const rows = await readRows("tcav", "gradients", gradients);
  checkArgument("tcav", "concept", concept, "a record");
  const { vector } = concept;
  if (!(vector instanceof Float64Array))
    throw argumentInvalid("tcav", "concept.vector", vector, "a Float64Array, as conceptVector gives it");
  if (vector.length !== rows.width) throw columnsDiffer("tcav", vector.length, rows.width);
  const slopes = Float64Array.from({ length: rows.n }, (_, row) => dot(rowOf(rows, row), vector));
  const positive = slopes.filter((slope) => slope > 0);
  const size = slopes.reduce((sum, slope) => sum + Math.abs(slope), 0);
  return {
    directionalDerivatives: slopes,
    signCount: positive.length / rows.n,
    magnitude: size === 0 ? 0 : positive.reduce((sum, slope) => sum + slope, 0) / size,
    mean: slopes.reduce((sum, slope) => sum + slope, 0) / rows.n,
  };
}
