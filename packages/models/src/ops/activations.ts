import {
  add,
  clipByValue,
  clone,
  erf,
  leakyRelu,
  mul,
  relu as reluOp,
  sigmoid,
  softplus,
  sqrt,
  square,
  sub,
  tanh as tanhOp,
  tidy,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { runCustomOp } from "./custom-op.ts";
import { runFused, runFusedGradient } from "./fused.ts";
import { geluNewSlope, LAPLACE, mishGate } from "./slopes.ts";

/** Names of the activation functions, as config.json writes them. */
export type ActivationName =
  | "gelu_new"
  | "gelu_pytorch_tanh"
  | "gelu_python_tanh"
  | "gelu_accurate"
  | "gelu_fast"
  | "gelu"
  | "gelu_python"
  | "gelu_10"
  | "quick_gelu"
  | "relu"
  | "relu2"
  | "relu6"
  | "leaky_relu"
  | "silu"
  | "swish"
  | "mish"
  | "hardswish"
  | "laplace"
  | "sigmoid"
  | "sqrtsoftplus"
  | "tanh"
  | "linear";

/** An elementwise function. **Ownership:** *borrows* its argument; *returns owned*. */
export type Activation = <T extends Tensor>(x: T) => T;

/** Activation functions by the names of config.json. */
export const ACTIVATIONS: Readonly<Record<ActivationName, Activation>> = {
  gelu_new: geluNew,
  gelu_pytorch_tanh: geluNew,
  gelu_python_tanh: geluNew,
  gelu_accurate: geluNew,
  gelu_fast: geluNew,
  gelu,
  gelu_python: gelu,
  gelu_10: (x) => tidy(() => clipByValue(gelu(x), -10, 10)),
  quick_gelu: (x) => tidy(() => mul(x, sigmoid(mul(x, 1.702)))),
  relu: (x) => reluOp(x),
  relu2: (x) => tidy(() => square(reluOp(x))),
  relu6: (x) => clipByValue(x, 0, 6),
  leaky_relu: (x) => leakyRelu(x, 0.01),
  silu,
  swish: silu,
  mish: (x) => tidy(() => mul(x, mishGate(x))),
  hardswish: (x) => tidy(() => mul(mul(x, clipByValue(add(x, 3), 0, 6)), 1 / 6)),
  laplace: (x) =>
    tidy(() => mul(add(erf(mul(sub(x, LAPLACE.mean), Math.SQRT1_2 / LAPLACE.deviation)), 1), 0.5)),
  sigmoid: (x) => sigmoid(x),
  sqrtsoftplus: (x) => tidy(() => sqrt(softplus(x))),
  tanh: (x) => tanhOp(x),
  linear: (x) => clone(x),
};

const LINEAR = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = LINEAR * 0.044715;

/**
 * GELU by its tanh approximation, as GPT-2 was trained: `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
 *
 * Computed as `x σ(x (a + b x²))`, which is the same function because `(1 + tanh u)/2 = σ(2u)`: two passes fewer, and
 * every backend has a fast logistic function.
 *
 * @see Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415
 */
export function geluNew<T extends Tensor>(x: T): T {
  return runCustomOp<{ x: Tensor }, Tensor>({
    inputs: { x },
    forward(save) {
      save([x]);
      return runFused("HookdictGelu", { x })?.[0] ?? mul(x, sigmoid(logitOf(x)));
    },
    gradients(dy, saved) {
      const [x0] = saved as [Tensor]; // as saved above
      return {
        x: () => runFusedGradient("HookdictGeluGrad", { dy, x: x0 })?.[0] ?? mul(dy, geluNewSlope(x0)),
      };
    },
  }) as T; // elementwise: of x's shape
}

/** What the logistic function is taken of: `x (a + b x²)`. */
function logitOf(x: Tensor): Tensor {
  return mul(x, add(mul(square(x), CUBIC), LINEAR));
}

/** GELU, exact: `x Φ(x)`, with the normal distribution function `Φ`. */
export function gelu<T extends Tensor>(x: T): T {
  return tidy(() => mul(x, mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5)));
}

/** `x σ(x)`, also called swish. */
export function silu<T extends Tensor>(x: T): T {
  return tidy(() => mul(x, sigmoid(x)));
}
