import { type FactoredMatrix, ovCircuit, qkCircuit } from "@hookdict/weights";
import type { Hookable } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { Matrix, QrDecomposition } from "ml-matrix";
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
 * 0 where they are orthogonal. Unlike composition scores it does not weigh directions by singular values.
 *
 * **Ownership:** *borrows* both.
 *
 * @param written What heads write in, rows of `[layer, head, dHead, dModel]`: `model.W_O`.
 * @param read What heads read, columns of `[layer, head, dModel, dHead]`: `model.W_Q`, `W_K` or `W_V`.
 * @returns By writing layer and head, then by reading layer and head.
 * @throws ShapeError `CIRCUIT_STACK` for tensors of other shapes.
 */
export async function subspaceAffinities(written: Tensor, read: Tensor): Promise<number[][][][]> {
  checkArgument("subspaceAffinities", "written", written, "a tensor of numbers");
  checkArgument("subspaceAffinities", "read", read, "a tensor of numbers");
  const [layers = 0, heads = 0, , dModel = 0] = written.shape;
  const isFit =
    written.rank === 4 &&
    read.rank === 4 &&
    read.shape[2] === dModel &&
    read.shape[0] === layers &&
    read.shape[1] === heads;
  if (!isFit) throw stackShape(written.rank === 4 ? read.shape : written.shape, dModel);
  const writes = bases(await written.data(), written.shape, true);
  const reads = bases(await read.data(), read.shape, false);
  const affinity = (a: Matrix, b: Matrix): number => {
    const product = a.transpose().mmul(b);
    const total = product.to1DArray().reduce((sum, each) => sum + each * each, 0);
    return total / Math.min(a.columns, b.columns);
  };
  return writes.map((row) => row.map((a) => reads.map((others) => others.map((b) => affinity(a, b)))));
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
      return new QrDecomposition(isRows ? matrix.transpose() : matrix).orthogonalMatrix;
    }),
  );
}
