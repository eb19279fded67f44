import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { shown } from "@hookdict/tensordict";
import { lensInvalid } from "../errors.ts";
import { svdOf } from "../factored/decompose.ts";
import { FactoredMatrix } from "../factored/factored-matrix.ts";
import { readMatrices, stackLists, stackMatrices } from "../factored/stack.ts";

/** What the singular values of matrices say. **Ownership:** all are owned by the receiver. */
export interface Spectrum {
  /** `[..., rank]`, the largest first. */
  readonly singularValues: Tensor;
  /** Each one's share of the sum of squares, `[..., rank]`. */
  readonly energy: Tensor;
  /** `|W|² / s_1²`, `[...]`. */
  readonly stableRank: Tensor;
  /** The exponential of the entropy of the energy, `[...]`. */
  readonly effectiveRank: Tensor;
}

/**
 * Singular values of matrices `[..., rows, columns]`, and how many of them count. Computed in 64 bits.
 *
 * **Ownership:** *borrows* the matrices; *returns owned*.
 *
 * @throws ShapeError `MATRIX_INVALID`; UsageError `MATRIX_NOT_FINITE`
 * @see Roy and Vetterli, "The effective rank", 2007
 * @example
 * const { stableRank } = await spectrum(tensor2d([[3, 0], [0, 3]]));
 * stableRank.arraySync(); // => 2
 */
export async function spectrum(matrices: Tensor): Promise<Spectrum> {
  const { leading, matrices: all } = await readMatrices("The matrix", matrices);
  const values = all.map((matrix) => svdOf(matrix).s);
  const energies = values.map((s) => {
    const total = s.reduce((sum, value) => sum + value ** 2, 0) || 1;
    return s.map((value) => value ** 2 / total);
  });
  const each = (of: readonly number[]): Tensor => tensor(Float32Array.from(of), [...leading]);
  return {
    singularValues: stackLists(leading, values),
    energy: stackLists(leading, energies),
    stableRank: each(energies.map(([first = 0]) => (first > 0 ? 1 / first : 0))),
    effectiveRank: each(energies.map((energy) => Math.exp(entropy(energy)))),
  };
}

function entropy(shares: readonly number[]): number {
  return shares.reduce((sum, share) => sum - (share > 0 ? share * Math.log(share) : 0), 0);
}

/**
 * The closest matrices of a rank, by the Frobenius norm, factored: `U_r diag(S_r)` times `V_r^T`.
 *
 * **Ownership:** *borrows* the matrices, `[..., rows, columns]`; *returns owned*.
 *
 * @throws UsageError `LENS_INVALID` for a rank that there is not; otherwise as {@link spectrum}.
 * @example
 * using close = await lowRank(tensor2d([[3, 0], [0, 1]]), 1);
 * close.product().arraySync(); // => [[3, 0], [0, 0]]
 */
export async function lowRank(matrices: Tensor, rank: number): Promise<FactoredMatrix> {
  const { leading, matrices: all } = await readMatrices("The matrix", matrices);
  const most = Math.min(...matrices.shape.slice(-2));
  if (!Number.isInteger(rank) || rank < 1 || rank > most)
    throw lensInvalid(
      `the rank ${shown(rank)} for [${matrices.shape.join(", ")}]`,
      `a whole number from 1 to ${most}`,
    );
  const parts = all.map((matrix) => {
    const { u, s, v } = svdOf(matrix);
    const first = { rows: u.rows - 1, columns: rank - 1 };
    return {
      left: u.subMatrix(0, first.rows, 0, first.columns).mulRowVector(s.slice(0, rank)),
      right: v.subMatrix(0, v.rows - 1, 0, first.columns).transpose(),
    };
  });
  let result: FactoredMatrix | undefined;
  tidy(() => {
    const [left, right] = [parts.map((each) => each.left), parts.map((each) => each.right)];
    result = new FactoredMatrix(stackMatrices(leading, left), stackMatrices(leading, right));
  });
  return result as FactoredMatrix; // `tidy` runs its function at once
}
