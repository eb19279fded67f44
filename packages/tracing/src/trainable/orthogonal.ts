import { argumentInvalid, isTensor } from "@hookdict/tensordict";
import {
  add,
  div,
  eye,
  matMul,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";

/**
 * A matrix with orthonormal columns, made of any numbers: the first `rank` columns of a product of Householder reflections,
 * `(I - 2 v₁v₁ᵀ/v₁ᵀv₁) ... (I - 2 vᵣvᵣᵀ/vᵣᵀvᵣ)`. It is orthonormal whatever the vectors are, so training cannot leave the
 * rotations, and every operation has a gradient.
 *
 * **Ownership:** borrows; returns owned by the active scope.
 *
 * @throws UsageError `ARGUMENT_INVALID`
 * @param vectors float32 `[rank, width]`, no row of which is zero.
 * @returns float32 `[width, rank]`
 * @see Mhammedi et al., 2017, "Efficient orthogonal parametrisation of recurrent neural networks using Householder reflections".
 */
export function orthogonal(vectors: Tensor): Tensor {
  if (!isTensor(vectors) || vectors.isDisposed || vectors.rank !== 2 || vectors.dtype !== "float32")
    throw argumentInvalid("orthogonal", "vectors", vectors, "a float32 tensor [rank, width]");
  return tidy(() => {
    const [rank = 0, width = 0] = vectors.shape;
    let columns: Tensor = eye(width, rank);
    for (let i = rank - 1; i >= 0; i--) {
      const v = reshape(slice(vectors, [i, 0], [1, width]), [width, 1]);
      const length = add(sum(mul(v, v)), 1e-30); // never divides by zero
      columns = sub(columns, mul(v, div(mul(matMul(v, columns, true), 2), length)));
    }
    return columns;
  });
}
