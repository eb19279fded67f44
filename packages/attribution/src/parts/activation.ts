import { computed } from "./check.ts";
import { argumentInvalid } from "@hookdict/tensordict";
import { add, erf, mul, relu, sigmoid, softmax, square, tanh, type Tensor } from "@tensorflow/tfjs-core";
import type { PartDescription, PartKind } from "./part.ts";
import { Part } from "./part.ts";

type Elementwise = (x: Tensor) => Tensor;

/** Functions that an {@link Activation} knows by name. */
export type ActivationFunction = "relu" | "tanh" | "sigmoid" | "silu" | "gelu" | "gelu_tanh" | "softmax";

const FUNCTIONS: Readonly<Record<ActivationFunction, Elementwise>> = {
  relu: (x) => relu(x),
  tanh: (x) => tanh(x),
  sigmoid: (x) => sigmoid(x),
  silu: (x) => mul(x, sigmoid(x)),
  /** `x Φ(x)`, exact. */
  gelu: (x) => mul(x, mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5)),
  /** `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))` as `x σ(2u)`. */
  gelu_tanh: (x) =>
    mul(x, sigmoid(mul(mul(x, add(mul(square(x), 0.044715), 1)), 2 * Math.sqrt(2 / Math.PI)))),
  softmax: (x) => softmax(x),
};

const KINDS: Partial<Record<ActivationFunction, PartKind>> = { relu: "relu", softmax: "softmax" };

/**
 * A nonlinearity: `relu`, `tanh`, `sigmoid`, `silu`, `gelu` (exact), `gelu_tanh`, or `softmax` over the last axis.
 *
 * @example
 * Array.from(new Activation("relu").call(tensor1d([-1, 2])).dataSync()); // => [0, 2]
 */
export class Activation extends Part {
  readonly part: PartDescription;
  readonly name: ActivationFunction;

  constructor(name: ActivationFunction) {
    super();
    if (typeof name !== "string" || !Object.hasOwn(FUNCTIONS, name))
      throw argumentInvalid("Activation", "name", name, `one of ${Object.keys(FUNCTIONS).join(", ")}`);
    this.name = name;
    this.part = { kind: KINDS[name] ?? "activation", forward: (x) => FUNCTIONS[name](x) };
  }

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () => FUNCTIONS[this.name](x));
  }
}
