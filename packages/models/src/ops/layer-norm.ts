import { add, clone, div, mul, reshape, sqrt, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { runCustomOp } from "./custom-op.ts";
import { runFused, runFusedGradient } from "./fused.ts";

// The steps of a layer norm, each with a gradient of its own, so that a hook may stand between any two of them although
// they are computed together.

/** Weights of a layer norm: both `[n]`. */
export interface LayerNormWeights {
  readonly gain: Tensor;
  readonly bias: Tensor;
}

/** What a layer norm gives where nothing changes it on the way. */
export interface LayerNormSteps {
  /** `sqrt(variance + epsilon)`, `[..., 1]`. */
  readonly scale: Tensor;
  /** `(x - mean) / scale`, `[..., n]`. */
  readonly normalized: Tensor;
  /** `normalized * gain + bias`, `[..., n]`. */
  readonly output: Tensor;
}

/**
 * All steps at once; of these only the scale has a gradient. The others are for {@link normalize} and {@link affine}.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 */
export function layerNormSteps(x: Tensor, { gain, bias }: LayerNormWeights, epsilon: number): LayerNormSteps {
  const [scale, normalized, output] = runCustomOp({
    inputs: { x },
    forward(save) {
      // Of inputs alone: TensorFlow.js loses second derivatives through outputs that are saved.
      save([x]);
      return runFused("HookdictLayerNorm", { x, gain, bias }, { epsilon }) ?? composed();
    },
    gradients(dScale, saved) {
      const [x0] = saved as [Tensor]; // as saved above
      const inputs = { dscale: dScale, x: x0 };
      return {
        x: () => {
          const [fused] = runFusedGradient("HookdictDeviationGrad", inputs, { epsilon }) ?? [];
          if (fused !== undefined) return fused;
          const rest = centered(x0);
          return mul(rest, div(dScale, mul(deviationOf(rest, epsilon), lengthOf(x0))));
        },
      };
    },
  }) as [Tensor, Tensor, Tensor]; // both ways to compute them give three
  return { scale, normalized, output };

  function composed(): Tensor[] {
    const rest = centered(x);
    const deviation = deviationOf(rest, epsilon);
    const quotient = divideRows(rest, deviation);
    return [deviation, quotient, add(mul(quotient, gain), bias)];
  }
}

/**
 * `(x - mean) / scale`, where the scale may be any.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param known The same, where it is known already.
 */
export function normalize(x: Tensor, scale: Tensor, known: Tensor | undefined): Tensor {
  return runCustomOp<{ x: Tensor; scale: Tensor }, Tensor>({
    inputs: { x, scale },
    forward(save) {
      save([x, scale]);
      return known === undefined ? divideRows(centered(x), scale) : clone(known);
    },
    gradients(dy, saved) {
      const [x0, scale0] = saved as [Tensor, Tensor]; // as saved above
      const [dx, dScale] = runFusedGradient("HookdictNormalizeGrad", { dy, x: x0, scale: scale0 }) ?? [];
      if (dx !== undefined && dScale !== undefined) return { x: () => dx, scale: () => dScale };
      const slope = divideRows(dy, scale0);
      return {
        x: () => centered(slope),
        scale: () => div(sum(mul(slope, centered(x0)), -1, true), mul(scale0, -1)),
      };
    },
  });
}

/**
 * `normalized * gain + bias`.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param known The same, where it is known already.
 */
export function affine(
  normalized: Tensor,
  { gain, bias }: LayerNormWeights,
  known: Tensor | undefined,
): Tensor {
  return runCustomOp<{ normalized: Tensor; gain: Tensor; bias: Tensor }, Tensor>({
    inputs: { normalized, gain, bias },
    forward(save) {
      save([normalized, gain]);
      return known === undefined ? add(mul(normalized, gain), bias) : clone(known);
    },
    gradients(dy, saved) {
      const [normalized0, gain0] = saved as [Tensor, Tensor]; // as saved above
      const columns = (each: Tensor): Tensor => sum(reshape(each, [-1, lengthOf(gain0)]), 0);
      return {
        normalized: () => mul(dy, gain0),
        gain: () => columns(mul(dy, normalized0)),
        bias: () => columns(dy),
      };
    },
  });
}

/** The mean of every row taken off. */
function centered(x: Tensor): Tensor {
  return sub(x, meanOf(x));
}

/** `sqrt(variance + epsilon)` of rows whose mean is 0. */
function deviationOf(rest: Tensor, epsilon: number): Tensor {
  return sqrt(add(meanOf(square(rest)), epsilon));
}

/** Mean over the last axis, which stays. A sum is quicker than the operation `mean`, which first casts floats to floats. */
function meanOf(x: Tensor): Tensor {
  return mul(sum(x, -1, true), 1 / lengthOf(x));
}

/** A division by each row's scale takes twice as long as a product with its reciprocal. */
function divideRows(x: Tensor, scale: Tensor): Tensor {
  return mul(x, div(1, scale));
}

function lengthOf(x: Tensor): number {
  return x.shape.at(-1) ?? 1;
}
