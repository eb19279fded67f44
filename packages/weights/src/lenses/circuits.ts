import {
  add,
  concat,
  cumsum,
  divNoNan,
  slice,
  sqrt,
  square,
  squeeze,
  sum,
  type Tensor,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { matrixInvalid } from "../errors.ts";
import { FactoredMatrix } from "../factored/factored-matrix.ts";
import { flipped } from "../factored/shapes.ts";
import { checkMatrices } from "../factored/stack.ts";

/**
 * Where heads look: `W_Q W_K^T`, for `[..., dModel, dHead]` each. **Ownership:** *borrows* both; *returns owned*.
 *
 * @throws ShapeError `MATRIX_INVALID`, `MATRICES_UNFIT`
 * @see Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021
 * @example
 * using qk = qkCircuit(tensor2d([[1], [2]]), tensor2d([[3], [4]]));
 * qk.product().arraySync(); // => [[3, 4], [6, 8]]
 */
export function qkCircuit(queries: Tensor, keys: Tensor): FactoredMatrix {
  checkMatrices("The keys' matrix", keys);
  const right = flipped(keys);
  try {
    return new FactoredMatrix(queries, right);
  } finally {
    right.dispose();
  }
}

/**
 * What heads copy: `W_V W_O`, for `[..., dModel, dHead]` and `[..., dHead, dModel]`. **Ownership:** *borrows* both; *returns
 * owned*.
 *
 * @throws ShapeError `MATRIX_INVALID`, `MATRICES_UNFIT`
 * @see Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021
 * @example
 * using ov = ovCircuit(tensor2d([[1], [2]]), tensor2d([[3, 4]]));
 * ov.product().arraySync(); // => [[3, 4], [6, 8]]
 */
export function ovCircuit(values: Tensor, out: Tensor): FactoredMatrix {
  return new FactoredMatrix(values, out);
}

/**
 * How much of eigenvalues is positive, `sum Re / sum |.|`, 1 for a circuit that copies, 0 for one of zeros: `[...]` for what
 * `FactoredMatrix.eigenvalues` gives, `[..., n, 2]`.
 *
 * **Ownership:** *borrows*; *returns owned*.
 *
 * @throws ShapeError `MATRIX_INVALID`
 * @example
 * positiveFraction(tensor2d([[3, 0], [-1, 0]])).arraySync(); // => 0.5
 */
export function positiveFraction(eigenvalues: Tensor): Tensor {
  checkMatrices("The eigenvalues", eigenvalues);
  if (eigenvalues.shape.at(-1) !== 2)
    throw matrixInvalid("The eigenvalues", eigenvalues, "real and imaginary parts, [..., n, 2]");
  return tidy(() => {
    const real = squeeze(
      slice(eigenvalues, begins(eigenvalues), [...eigenvalues.shape.slice(0, -1), 1]),
      [-1],
    );
    return divNoNan(sum(real, -1), sum(sqrt(sum(square(eigenvalues), -1)), -1));
  });
}

function begins({ rank }: Tensor): number[] {
  return Array.from({ length: rank }, () => 0);
}

/**
 * What the biases of layers add to the residual stream before each layer, and after the last: `[layer + 1, dModel]` for biases
 * of attention and of MLPs, `[layer, dModel]` each.
 *
 * **Ownership:** *borrows* both; *returns owned*.
 *
 * @throws ShapeError `MATRIX_INVALID`
 * @example
 * accumulatedBias(tensor2d([[1], [2]]), tensor2d([[10], [20]])).arraySync(); // => [[0], [11], [33]]
 */
export function accumulatedBias(attention: Tensor, mlp: Tensor): Tensor {
  checkMatrices("The biases of attention", attention);
  if (attention.rank !== 2)
    throw matrixInvalid("The biases of attention", attention, "a tensor [layer, dModel]");
  checkMatrices("The biases of MLPs", mlp);
  if (mlp.shape.join() !== attention.shape.join())
    throw matrixInvalid("The biases of MLPs", mlp, `a tensor [${attention.shape.join(", ")}]`);
  const [, width = 1] = attention.shape;
  return tidy(() => concat([zeros([1, width]), cumsum(add(attention, mlp), 0)], 0));
}
