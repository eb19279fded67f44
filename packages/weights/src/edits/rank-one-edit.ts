import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import type { Weight } from "@hookdict/core";
import { argumentInvalid } from "@hookdict/tensordict";
import { add, matMul, reshape, sub, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { covarianceSingular, rankOneUnfit } from "../errors.ts";
import { WeightContext } from "../weight-context.ts";

/** Options of {@link RankOneEdit}. */
export interface RankOneEditOptions {
  /** What the kernel is multiplied with, `[in]`. */
  readonly key: Tensor;
  /** What that is to give, without bias, `[out]`. *Borrowed*, while the context stands. */
  readonly value: Tensor;
  /** Second moments of the kernel's usual inputs, `[in, in]` and positive definite, which are to change least. Default the identity. */
  readonly covariance?: Tensor;
}

/**
 * The smallest change of a kernel `[in, out]` after which a key gives a value: `W + C⁻¹k (v - Wᵀk)ᵀ / (C⁻¹k)ᵀk` (ROME).
 *
 * @throws UsageError `COVARIANCE_SINGULAR`, `ARGUMENT_INVALID` for what is not finite; ShapeError `RANK_ONE_UNFIT`; MatchError `WEIGHT_UNMATCHED`
 * @see Meng et al., https://arxiv.org/abs/2202.05262, equation 2
 * @example
 * const model = new (class extends Module {
 *   readonly kernel = tensor2d([[1, 0], [0, 1]]);
 *   override forward(x: Tensor): Tensor { return matMul(x, this.kernel); }
 * })();
 * const edit = new RankOneEdit("kernel", { key: tensor1d([1, 0]), value: tensor1d([3, 4]) });
 * using edited = edit.prepare(model);
 * edited.call(tensor2d([[1, 0], [0, 1]])).arraySync(); // => [[3, 4], [0, 1]]
 */
export const RankOneEdit: ContextClass<RankOneEditOptions, WeightContext> = defineContext({
  name: "RankOneEdit",
  context: WeightContext,
  options: {
    key: option.tensor().required(),
    value: option.tensor().required(),
    covariance: option.tensor(),
  },
  setUp(context, { key, value, covariance }, pattern) {
    const weights = context.weights(pattern);
    for (const weight of weights) check(weight, key, value, covariance);
    if (weights.length === 0) return;
    checkFinite({ key, value, covariance });
    const keys = Float64Array.from(key.dataSync());
    const direction = context.own(tensor2d(solved(keys, covariance), [keys.length, 1], "float32"));
    const change = (kernel: Tensor): Tensor => {
      const missing = sub(reshape(value, [1, -1]), matMul(reshape(key, [1, -1]), kernel as never)); // rank 2, checked
      return add(kernel, matMul(direction, missing as never));
    };
    context.editEach(new Map(weights.map((weight) => [weight, change])));
  },
});

/** A description of the edit; see the class of the same name. */
export type RankOneEdit = DefinedFactory<RankOneEditOptions, WeightContext>;

/** `C⁻¹k / (C⁻¹k)ᵀk` @throws UsageError `COVARIANCE_SINGULAR` */
function solved(key: Float64Array, covariance: Tensor | undefined): number[] {
  const column = Matrix.columnVector([...key]);
  const direction = covariance === undefined ? column : solve(covariance, column);
  const overlap = direction.dot(column);
  if (!(Math.abs(overlap) > 0)) throw covarianceSingular("the key is not to change");
  return direction.div(overlap).to1DArray();
}

/** `C⁻¹k`, with every input scaled to have the second moment 1 on the way. @throws UsageError `COVARIANCE_SINGULAR` */
function solve(covariance: Tensor, key: Matrix): Matrix {
  const { rows: width } = key;
  const moments = Matrix.from1DArray(width, width, covariance.dataSync());
  const scales = moments.diagonal().map((moment) => 1 / Math.sqrt(moment));
  const silent = scales.findIndex((scale) => !Number.isFinite(scale));
  if (silent !== -1) throw covarianceSingular(`input ${silent} has no square`);
  const scaled = moments.mulRowVector(scales).mulColumnVector(scales);
  const found = new CholeskyDecomposition(Matrix.add(scaled, scaled.transpose()).mul(0.5)); // symmetric but for rounding
  const least = found.isPositiveDefinite() ? leastEigenvalue(found, width) : 0;
  if (!(least > 4 * Math.sqrt(width) * 2 ** -24))
    throw covarianceSingular(`its least eigenvalue is ${least}, no more than float32 rounds by`);
  return found.solve(key.clone().mulColumnVector(scales)).mulColumnVector(scales);
}

/** From above, by iterating with the inverse. */
function leastEigenvalue(decomposed: CholeskyDecomposition, width: number): number {
  let vector = Matrix.columnVector(Array.from({ length: width }, (_, at) => 1 / (at + 1)));
  let found = Infinity;
  for (let step = 0; step < 4; step++) {
    vector = decomposed.solve(vector.div(vector.norm()));
    found = 1 / vector.norm();
  }
  return found;
}

/** @throws UsageError `ARGUMENT_INVALID` */
function checkFinite(given: Readonly<Record<string, Tensor | undefined>>): void {
  for (const [name, tensor] of Object.entries(given)) {
    const bad = tensor?.dataSync().find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw argumentInvalid("RankOneEdit", name, bad, "finite numbers only");
  }
}

/** @throws ShapeError `RANK_ONE_UNFIT` */
function check(
  { path, shape, tensor }: Weight,
  key: Tensor,
  value: Tensor,
  covariance: Tensor | undefined,
): void {
  const [input, out] = shape;
  const isFit =
    shape.length === 2 &&
    key.shape.join() === String(input) &&
    value.shape.join() === String(out) &&
    (covariance === undefined || covariance.shape.join() === [input, input].join());
  if (!isFit) throw rankOneUnfit(path, tensor, { key, value, covariance });
}
