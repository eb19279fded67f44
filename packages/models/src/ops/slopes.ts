import {
  add,
  erf,
  exp,
  mul,
  onesLike,
  relu,
  sigmoid,
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
  relu: (x) => step(x),
  silu: siluSlope,
  swish: siluSlope,
  tanh: (x) => sub(1, square(tanh(x))),
  quick_gelu: quickGeluSlope,
  relu2: (x) => mul(relu(x), 2),
  sigmoid: sigmoidSlope,
  linear: (x) => onesLike(x),
};

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
