import {
  add,
  div,
  erf,
  exp,
  maximum,
  minimum,
  mul,
  onesLike,
  relu,
  sigmoid,
  softplus,
  sqrt,
  square,
  step,
  sub,
  tanh,
  type Tensor,
} from "@tensorflow/tfjs-core";
import type { ActivationName } from "./activations.ts";

/** Derivatives of the activation functions, differentiable themselves. **Ownership:** *borrow*; *return owned*. */
export const SLOPES: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = {
  gelu_new: geluNewSlope,
  gelu_pytorch_tanh: geluNewSlope,
  gelu_python_tanh: geluNewSlope,
  gelu_accurate: geluNewSlope,
  gelu_fast: geluNewSlope,
  gelu: geluSlope,
  gelu_python: geluSlope,
  // It never falls to -10.
  gelu_10: (x) => mul(geluSlope(x), step(sub(10, x))),
  relu: (x) => step(x),
  silu: siluSlope,
  swish: siluSlope,
  tanh: (x) => sub(1, square(tanh(x))),
  quick_gelu: quickGeluSlope,
  relu2: (x) => mul(relu(x), 2),
  sigmoid: sigmoidSlope,
  sqrtsoftplus: (x) => div(sigmoid(x), mul(maximum(sqrt(softplus(x)), 1e-30), 2)),
  linear: (x) => onesLike(x),
  relu6: (x) => mul(step(x), step(sub(6, x))),
  leaky_relu: (x) => add(mul(step(x), 0.99), 0.01),
  mish: mishSlope,
  hardswish: (x) =>
    add(mul(mul(mul(step(add(x, 3)), step(sub(3, x))), add(mul(x, 2), 3)), 1 / 6), step(sub(x, 3))),
  laplace: laplaceSlope,
};

/** Mean and deviation of the normal distribution that `laplace` is the distribution function of. */
// oxlint-disable-next-line oxc/approx-constant -- the number that Hugging Face has
export const LAPLACE = { mean: 0.707107, deviation: 0.282095 } as const;

const LINEAR = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = LINEAR * 0.044715;

/** The derivative of `x σ(u)`, where `u = x (a + b x²)`: `σ + x σ (1 - σ) u'`. */
export function geluNewSlope(x: Tensor): Tensor {
  const gate = sigmoid(mul(x, add(mul(square(x), CUBIC), LINEAR)));
  const logitSlope = add(mul(square(x), 3 * CUBIC), LINEAR);
  return mul(gate, add(1, mul(mul(x, sub(1, gate)), logitSlope)));
}

/** `Φ(x) + x φ(x)`. */
function geluSlope(x: Tensor): Tensor {
  const below = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
  return add(below, mul(mul(x, exp(mul(square(x), -0.5))), 1 / Math.sqrt(2 * Math.PI)));
}

/** `σ (1 + x (1 - σ))`. */
function siluSlope(x: Tensor): Tensor {
  const gate = sigmoid(x);
  return mul(gate, add(1, mul(x, sub(1, gate))));
}

/** `σ (1 + a x (1 - σ))`, where `σ = σ(a x)`. */
function quickGeluSlope(x: Tensor): Tensor {
  const scaled = mul(x, 1.702);
  const gate = sigmoid(scaled);
  return mul(gate, add(1, mul(scaled, sub(1, gate))));
}

/** `σ (1 - σ)`. */
function sigmoidSlope(x: Tensor): Tensor {
  const gate = sigmoid(x);
  return mul(gate, sub(1, gate));
}

/** `t + x σ (1 - t²)`, where `t` is what Mish multiplies by. */
function mishSlope(x: Tensor): Tensor {
  const gate = mishGate(x);
  return add(gate, mul(mul(x, sigmoid(x)), sub(1, square(gate))));
}

/** The normal distribution's density. */
function laplaceSlope(x: Tensor): Tensor {
  const { mean, deviation } = LAPLACE;
  const distance = mul(sub(x, mean), 1 / deviation);
  return mul(exp(mul(square(distance), -0.5)), 1 / (deviation * Math.sqrt(2 * Math.PI)));
}

/**
 * `tanh(ln(1 + e^x))`, by which Mish multiplies: `n / (n + 2)`, where `n = e^x (e^x + 2)`. **Ownership:** belongs to the scope.
 *
 * @see Misra, https://arxiv.org/abs/1908.08681
 */
export function mishGate<T extends Tensor>(x: T): T {
  const e = exp(minimum(x, 20)); // from there on it is 1, and nothing overflows
  const n = mul(e, add(e, 2));
  return div(n, add(n, 2));
}
