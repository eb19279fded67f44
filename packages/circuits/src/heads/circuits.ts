import { type FactoredMatrix, ovCircuit, qkCircuit } from "@hookdict/weights";
import type { Hookable } from "@hookdict/core";
import { matMul, reshape, square, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";
import { transformerOf } from "../stream/stream-run.ts";
import { stackShape } from "../errors.ts";
import { checkArgument } from "@hookdict/tensordict";

/** The circuits of all heads, `[layer, head, dModel, dModel]`, unformed: what `compositionScores` and eigenvalues are of. */
export interface HeadCircuits extends Disposable {
  /** Where heads look: `W_Q W_K^T`. */
  readonly qk: FactoredMatrix;
  /** What heads move: `W_V W_O`. */
  readonly ov: FactoredMatrix;
}

/**
 * The circuits of a transformer's heads. Layer norms count where they are folded (`model.processed({ foldLayerNorm: true })`).
 *
 * **Ownership:** *returns owned*.
 *
 * @throws UsageError `CIRCUIT_MODEL`
 * @see Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * using circuits = headCircuits(model);
 * circuits.ov.shape; // => [4, 4, 128, 128]
 */
export function headCircuits(model: Hookable): HeadCircuits {
  const { W_Q, W_K, W_V, W_O } = transformerOf(model, "headCircuits");
  const qk = qkCircuit(W_Q, W_K);
  const ov = ovCircuit(W_V, W_O);
  return {
    qk,
    ov,
    [Symbol.dispose]() {
      qk.dispose();
      ov.dispose();
    },
  };
}

/**
 * How far two heads' subspaces are the same: the mean squared cosine of their principal angles, 1 where the smaller lies in the larger,
 * 0 where they are orthogonal, or where a matrix is 0. Unlike composition scores it does not weigh directions by singular values; those that
 * are 0 as far as float32 tells are no part of a subspace.
 *
 * **Ownership:** *borrows* both.
 *
 * @param written What heads write in, rows of `[layer, head, dHead, dModel]`: `model.W_O`.
 * @param read What heads read, columns of `[layer, head, dModel, dHead]`: `model.W_Q`, `W_K` or `W_V`. May have other layers and heads.
 * @returns By writing layer and head, then by reading layer and head.
 * @throws ShapeError `CIRCUIT_STACK` for tensors of other shapes.
 */
export async function subspaceAffinities(written: Tensor, read: Tensor): Promise<number[][][][]> {
  checkArgument("subspaceAffinities", "written", written, "a tensor of numbers");
  checkArgument("subspaceAffinities", "read", read, "a tensor of numbers");
  const dModel = written.shape[3] ?? 0;
  if (written.rank !== 4 || read.rank !== 4 || read.shape[2] !== dModel)
    throw stackShape(written.rank === 4 ? read.shape : written.shape, dModel);
  const writes = bases(await written.data(), written.shape, true);
  const reads = bases(await read.data(), read.shape, false);
  const affinities: number[][][][] = [];
  for (const own of writes) {
    const row: number[][][] = [];
    for (const others of reads) {
      const cosines = tidy(() => squaredCosines(own, others));
      const flat = await cosines.data();
      cosines.dispose();
      const { length } = others;
      row.push(own.map((a, i) => others.map((b, j) => (flat[i * length + j] ?? 0) / smallerRank(a, b))));
    }
    affinities.push(own.map((_, head) => row.map((byHead) => byHead[head] ?? [])));
  }
  return affinities;
}

/** Of each pair of subspaces, the sum of the squared cosines of their principal angles, `[a, b]`. */
function squaredCosines(a: readonly Matrix[], b: readonly Matrix[]): Tensor {
  const [rows, columns] = [joined(a), joined(b)];
  const product = matMul(rows, columns, false, true);
  const [width, others] = [(rows.shape[0] ?? 0) / a.length, (columns.shape[0] ?? 0) / b.length];
  return sum(reshape(square(product), [a.length, width, b.length, others]), [1, 3]);
}

/** The vectors of several bases as rows, each filled up with zeros to the width of the largest. */
function joined(all: readonly Matrix[]): Tensor {
  const width = Math.max(1, ...all.map(({ columns }) => columns));
  const dModel = all[0]?.rows ?? 0;
  const values = new Float32Array(all.length * width * dModel);
  for (const [i, basis] of all.entries())
    for (let column = 0; column < basis.columns; column++)
      values.set(basis.getColumn(column), (i * width + column) * dModel);
  return tensor(values, [all.length * width, dModel]);
}

/** 1 where one is nothing at all. */
function smallerRank(a: Matrix, b: Matrix): number {
  return Math.max(1, Math.min(a.columns, b.columns));
}

/** Orthonormal bases of matrices' columns, or of their rows. */
function bases(values: ArrayLike<number>, shape: readonly number[], isRows: boolean): Matrix[][] {
  const [layers = 0, heads = 0, rows = 0, columns = 0] = shape;
  const size = rows * columns;
  return Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: heads }, (__, head) => {
      const begin = (layer * heads + head) * size;
      const data = Array.from({ length: size }, (___, i) => values[begin + i] ?? 0);
      const matrix = Matrix.from1DArray(rows, columns, data);
      return basisOf(isRows ? matrix.transpose() : matrix);
    }),
  );
}

const FLOAT32_EPSILON = 2 ** -23;

/** An orthonormal basis of a matrix's columns: as many vectors as its rank in float32. */
function basisOf(matrix: Matrix): Matrix {
  const { rows, columns } = matrix;
  // The factor that is left of a wide matrix has the same columns' space, and no more of them than rows.
  if (rows < columns)
    return basisOf(new QrDecomposition(matrix.transpose()).upperTriangularMatrix.transpose());
  const qr = new QrDecomposition(matrix);
  // Tall matrices are first made square.
  const small = new SingularValueDecomposition(qr.upperTriangularMatrix, {
    computeRightSingularVectors: false,
  });
  const least = (small.diagonal[0] ?? 0) * rows * FLOAT32_EPSILON;
  const rank = small.diagonal.filter((value) => value > least).length;
  if (rank === 0) return Matrix.zeros(rows, 0);
  return qr.orthogonalMatrix.mmul(small.leftSingularVectors.subMatrix(0, columns - 1, 0, rank - 1));
}
