import { isTensor } from "@hookdict/tensordict";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import { Matrix } from "ml-matrix";
import { matrixInvalid, matrixNotFinite } from "../errors.ts";

/** Matrices in 64 bits, and the axes before them. What is computed on them does not depend on the backend. */
export interface MatrixStack {
  /** Axes before the last two. */
  readonly leading: readonly number[];
  readonly matrices: readonly Matrix[];
}

/** Checks what plain JavaScript may give. @throws ShapeError `MATRIX_INVALID` */
export function checkMatrices(name: string, given: Tensor): void {
  if (!isTensor(given) || given.rank < 2 || given.size === 0 || given.isDisposed || given.dtype !== "float32")
    throw matrixInvalid(name, given, "a float32 tensor that is alive, [..., rows, columns], not empty");
}

/**
 * Reads matrices `[..., rows, columns]`. **Ownership:** *borrows* the tensor.
 *
 * @throws ShapeError `MATRIX_INVALID`; UsageError `MATRIX_NOT_FINITE`
 */
export async function readMatrices(name: string, given: Tensor): Promise<MatrixStack> {
  checkMatrices(name, given);
  const values = await given.data();
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw matrixNotFinite(name, bad);
  const leading = given.shape.slice(0, -2);
  const [rows = 1, columns = 1] = given.shape.slice(-2);
  const size = rows * columns;
  const matrices = Array.from({ length: values.length / size }, (_, i) =>
    Matrix.from1DArray(rows, columns, values.subarray(i * size, (i + 1) * size)),
  );
  return { leading, matrices };
}

/** Matrices of one shape as a tensor `[...leading, rows, columns]`. **Ownership:** *returns owned*. */
export function stackMatrices(leading: readonly number[], matrices: readonly Matrix[]): Tensor {
  const { rows = 1, columns = 1 } = matrices[0] ?? {};
  const values = new Float32Array(matrices.length * rows * columns);
  matrices.forEach((matrix, i) => values.set(matrix.to1DArray(), i * rows * columns));
  return tensor(values, [...leading, rows, columns]);
}

/** Lists of one length as a tensor `[...leading, length]`. **Ownership:** *returns owned*. */
export function stackLists(leading: readonly number[], lists: readonly (readonly number[])[]): Tensor {
  return tensor(Float32Array.from(lists.flat()), [...leading, lists[0]?.length ?? 0]);
}
