import {
  add,
  fused,
  getBackend,
  matMul,
  reshape,
  sum,
  transpose,
  type NamedTensorMap,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { checkTensors, needShapes, needTensors } from "./check.ts";
import { runCustomOp } from "./custom-op.ts";
import { runFused } from "./fused.ts";
import { ofRowsThatCount } from "./rows-that-count.ts";

/** How a {@link linear} layer's input and output are laid out. */
export interface LinearAxes {
  /** So many of the last axes of `x` make up `dIn`. Default 1. */
  readonly columns?: number;
  /** Splits `dOut` into two axes, `[heads, dOut / heads]`. */
  readonly heads?: number;
}

/**
 * `x W + b`, or `x W` without a bias.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[..., dIn]`, or with more axes that make up `dIn`.
 * @param weight `[dIn, dOut]`.
 * @param bias `[dOut]`.
 * @returns `[..., dOut]`, or `[..., heads, dOut / heads]`.
 * @throws UsageError `OP_ARGUMENT`, ShapeError `OP_SHAPES`.
 * @example
 * const x = tf.tensor2d([[1, 2]]);
 * const weight = tf.tensor2d([[1, 0], [0, 10]]);
 * linear(x, weight, tf.tensor1d([1, 1])).arraySync(); // => [[2, 21]]
 */
export function linear(
  x: Tensor,
  weight: Tensor2D,
  bias?: Tensor1D,
  { columns = 1, heads }: LinearAxes = {},
): Tensor {
  needTensors("linear", { x, weight });
  checkTensors("linear", { bias });
  needShapes("linear", { x, weight, ...(bias && { bias }) }, WANTED, areFit(x, weight, bias, columns, heads));
  const inputs = bias === undefined ? { x, weight } : { x, weight, bias };
  return runCustomOp<NamedTensorMap, Tensor>({
    inputs,
    forward(save) {
      save([x, weight]);
      const [output] = runFused("HookdictLinear", inputs, { columns, heads: heads ?? 0 }) ?? [];
      if (output !== undefined) return output;
      const last = heads === undefined ? [weight.shape[1]] : [heads, weight.shape[1] / heads];
      return reshape(timesPlus(asRows(x, columns), weight, bias), [...x.shape.slice(0, -columns), ...last]);
    },
    gradients(dy, saved) {
      const [x0, w0] = saved as [Tensor, Tensor2D]; // as saved above
      const rows: Tensor2D = reshape(dy, [-1, w0.shape[1]]);
      return {
        x: () => reshape(matMul(rows, w0, false, true), x0.shape),
        weight: () => matMul(transpose(asRows(x0, columns)), rows),
        bias: () => sum(rows, 0),
      };
    },
  });
}

/**
 * `x Wᵀ`, on the last axis.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[..., dIn]`.
 * @param rows `[dOut, dIn]`, such as an embedding matrix, which then serves as unembedding as it is.
 * @returns `[..., dOut]`.
 * @throws UsageError `OP_ARGUMENT`, ShapeError `OP_SHAPES`.
 * @example
 * const x = tf.tensor2d([[1, 2]]);
 * linearTransposed(x, tf.tensor2d([[1, 1], [0, 10], [1, 0]])).arraySync(); // => [[3, 20, 1]]
 */
export function linearTransposed(x: Tensor, rows: Tensor2D): Tensor {
  needTensors("linearTransposed", { x, rows });
  const fits = x.rank > 0 && rows.rank === 2 && x.shape.at(-1) === rows.shape[1];
  needShapes("linearTransposed", { x, rows }, "x [..., dIn], rows [dOut, dIn]", fits);
  return runCustomOp({
    inputs: { x, rows },
    forward(save) {
      save([x, rows]);
      const [output] = runFused("HookdictLinearTransposed", { x, rows }) ?? [];
      if (output !== undefined) return output;
      return reshape(matMul(asRows(x), rows, false, true), [...x.shape.slice(0, -1), rows.shape[0]]);
    },
    gradients(dy, saved) {
      const [x0, rows0] = saved as [Tensor, Tensor2D]; // as saved above
      const dy2: Tensor2D = reshape(dy, [-1, rows0.shape[0]]);
      return {
        x: () =>
          reshape(
            ofRowsThatCount(dy2, rows0.shape[1], (each) => matMul(each, rows0)),
            x0.shape,
          ),
        rows: () => matMul(transpose(dy2), asRows(x0)),
      };
    },
  });
}

const WANTED =
  "x [..., dIn] (dIn may be several axes: columns), weight [dIn, dOut], bias [dOut], heads divide dOut";

function areFit(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  columns: number,
  heads?: number,
): boolean {
  const [dIn, dOut = 0] = weight.shape;
  const isCounted = Number.isInteger(columns) && columns > 0 && columns <= x.rank;
  if (weight.rank !== 2 || !isCounted) return false;
  const width = x.shape.slice(-columns).reduce((product, size) => product * size, 1);
  const hasBias = bias === undefined || (bias.rank === 1 && bias.size === dOut);
  return width === dIn && hasBias && (heads === undefined || (heads > 0 && dOut % heads === 0));
}

/** `x` as a matrix: what all axes but the last `columns` count are its rows. */
function asRows(x: Tensor, columns = 1): Tensor2D {
  const width = x.shape.slice(-columns).reduce((product, size) => product * size, 1);
  return x.rank === 2 && columns === 1 ? (x as Tensor2D) : reshape(x, [-1, width]);
}

// On the native backend a fused product is two operations in three dimensions, for which matrices must be reshaped.
function timesPlus(x: Tensor2D, weight: Tensor2D, bias: Tensor1D | undefined): Tensor2D {
  if (bias === undefined) return matMul(x, weight);
  const isFused = getBackend() !== "tensorflow";
  const result = isFused ? fused.matMul({ a: x, b: weight, bias }) : add(matMul(x, weight), bias);
  return result as Tensor2D; // matrices give a matrix
}
