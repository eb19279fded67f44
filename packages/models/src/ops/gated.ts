import { mul, type Tensor } from "@tensorflow/tfjs-core";
import { type ActivationName, ACTIVATIONS } from "./activations.ts";
import { needShapes, needTensors, shown } from "./check.ts";
import { runCustomOp } from "./custom-op.ts";
import { opArgument } from "./errors.ts";
import { runFused } from "./fused.ts";
import { SLOPES } from "./slopes.ts";

/** Numbers by which the kernel knows the functions that it has. */
const KINDS: Readonly<Partial<Record<ActivationName, number>>> = {
  silu: 0,
  swish: 0,
  gelu_new: 1,
  gelu_pytorch_tanh: 1,
  gelu_python_tanh: 1,
  gelu_accurate: 1,
  gelu_fast: 1,
};

/**
 * A gated activation, `activation(gate) * up`: with `silu` SwiGLU, with a GELU GeGLU.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param gate float32, of any shape; `up` has the same.
 * @throws UsageError `OP_ARGUMENT`, ShapeError `OP_SHAPES`.
 * @see Shazeer, https://arxiv.org/abs/2002.05202
 * @example
 * const gate = tf.tensor1d([1, -1]);
 * gated(gate, tf.tensor1d([10, 10]), "relu").dataSync(); // => [10, 0]
 */
export function gated(gate: Tensor, up: Tensor, activation: ActivationName): Tensor {
  needTensors("gated", { gate, up });
  needShapes("gated", { gate, up }, "one shape", gate.shape.join() === up.shape.join());
  if (typeof activation !== "string" || !Object.hasOwn(ACTIVATIONS, activation))
    throw opArgument(
      "gated",
      "activation",
      `one of ${Object.keys(ACTIVATIONS).join(", ")}`,
      shown(activation),
    );
  return runCustomOp<{ gate: Tensor; up: Tensor }, Tensor>({
    inputs: { gate, up },
    forward(save) {
      save([gate, up]);
      const kind = KINDS[activation];
      const [fused] = (kind !== undefined && runFused("HookdictGated", { gate, up }, { kind })) || [];
      return fused ?? mul(ACTIVATIONS[activation](gate), up);
    },
    gradients(dy, saved) {
      const [gate0, up0] = saved as [Tensor, Tensor]; // as saved above
      return {
        gate: () => mul(mul(dy, up0), SLOPES[activation](gate0)),
        up: () => mul(dy, ACTIVATIONS[activation](gate0)),
      };
    },
  });
}
