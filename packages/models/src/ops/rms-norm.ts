import { clone, div, mul, reshape, sqrt, square, add, sum, type Tensor } from "@tensorflow/tfjs-core";
import { needNumber, needShapes, needTensors } from "./check.ts";
import { runCustomOp } from "./custom-op.ts";
import { runFused } from "./fused.ts";

// The steps of an RMS norm, each with a gradient of its own, so that a hook may stand between any two of them although
// they are computed together. (A layer norm's are in layer-norm.ts.)

/** What an RMS norm gives where nothing changes it on the way. */
export interface RmsNormSteps {
  /** `sqrt(mean of squares + epsilon)`, `[..., 1]`. */
  readonly scale: Tensor;
  /** `x / scale`, `[..., n]`. */
  readonly normalized: Tensor;
  /** `normalized * gain`, `[..., n]`. */
  readonly output: Tensor;
}

/**
 * All steps at once; of these only the scale has a gradient. The others are for {@link divideByScale} and
 * {@link multiplyByGain}.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x float32 `[..., n]`.
 * @param gain `[n]`.
 * @throws UsageError `OP_ARGUMENT`, ShapeError `OP_SHAPES`, as every operation here.
 * @see Zhang and Sennrich, https://arxiv.org/abs/1910.07467
 * @example
 * const x = tf.tensor2d([[3, 4]]);
 * const { output } = rmsNormSteps(x, tf.tensor1d([2, 2]), 0);
 * output.arraySync(); // => [[1.697, 2.263]]
 */
export function rmsNormSteps(x: Tensor, gain: Tensor, epsilon: number): RmsNormSteps {
  needTensors("rmsNormSteps", { x, gain });
  needNumber("rmsNormSteps", "epsilon", epsilon);
  const fits = x.rank > 0 && gain.rank === 1 && gain.size === lengthOf(x);
  needShapes("rmsNormSteps", { x, gain }, "x [..., n], gain [n]", fits);
  const [scale, normalized, output] = runCustomOp({
    inputs: { x },
    forward(save) {
      // Of inputs alone: TensorFlow.js loses second derivatives through outputs that are saved.
      save([x]);
      return runFused("HookdictRmsNorm", { x, gain }, { epsilon }) ?? composed();
    },
    gradients(dScale, saved) {
      const [x0] = saved as [Tensor]; // as saved above
      const slope = div(dScale, mul(rootMeanSquare(x0, epsilon), lengthOf(x0)));
      return { x: () => mul(x0, slope) };
    },
  }) as [Tensor, Tensor, Tensor]; // both ways to compute them give three
  return { scale, normalized, output };

  function composed(): Tensor[] {
    const root = rootMeanSquare(x, epsilon);
    const quotient = mul(x, div(1, root));
    return [root, quotient, mul(quotient, gain)];
  }
}

/**
 * `x / scale`, where the scale may be any.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[..., n]`.
 * @param scale `[..., 1]`.
 * @param known The same, where it is known already.
 */
export function divideByScale(x: Tensor, scale: Tensor, known?: Tensor): Tensor {
  needTensors("divideByScale", { x, scale });
  const fits = x.rank > 0 && x.rank === scale.rank && scale.size * lengthOf(x) === x.size;
  needShapes("divideByScale", { x, scale }, "x [..., n], scale [..., 1]", fits);
  return runCustomOp<{ x: Tensor; scale: Tensor }, Tensor>({
    inputs: { x, scale },
    forward(save) {
      save([x, scale]);
      return known === undefined ? mul(x, div(1, scale)) : clone(known);
    },
    gradients(dy, saved) {
      const [x0, scale0] = saved as [Tensor, Tensor]; // as saved above
      const slope = mul(dy, div(1, scale0));
      return {
        x: () => clone(slope),
        scale: () => div(sum(mul(slope, x0), -1, true), mul(scale0, -1)),
      };
    },
  });
}

/**
 * `normalized * gain`.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param normalized `[..., n]`.
 * @param gain `[n]`.
 * @param known The same, where it is known already.
 */
export function multiplyByGain(normalized: Tensor, gain: Tensor, known?: Tensor): Tensor {
  needTensors("multiplyByGain", { normalized, gain });
  const fits = normalized.rank > 0 && gain.rank === 1 && gain.size === lengthOf(normalized);
  needShapes("multiplyByGain", { normalized, gain }, "normalized [..., n], gain [n]", fits);
  return runCustomOp<{ normalized: Tensor; gain: Tensor }, Tensor>({
    inputs: { normalized, gain },
    forward(save) {
      save([normalized, gain]);
      return known === undefined ? mul(normalized, gain) : clone(known);
    },
    gradients(dy, saved) {
      const [normalized0, gain0] = saved as [Tensor, Tensor]; // as saved above
      return {
        normalized: () => mul(dy, gain0),
        gain: () => sum(reshape(mul(dy, normalized0), [-1, lengthOf(gain0)]), 0),
      };
    },
  });
}

/** Of every row, `[..., 1]`. A sum is quicker than the operation `mean`, which first casts floats to floats. */
function rootMeanSquare(x: Tensor, epsilon: number): Tensor {
  return sqrt(add(mul(sum(square(x), -1, true), 1 / lengthOf(x)), epsilon));
}

function lengthOf(x: Tensor): number {
  return x.shape.at(-1) ?? 1;
}
